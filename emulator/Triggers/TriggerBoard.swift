import FunctionRuntime
import Hosting
import Logging
import ServiceLifecycle

/// Keeps the queue, timer and object triggers of every function running, and follows the functions as they change.
struct TriggerBoard: Service {
    let registry: FunctionRegistry
    /// Makes the triggers of one function.
    let factory: TriggerFactory
    let logger: Logger

    /// The triggers of one function, running.
    private struct Running {
        let triggers: [Trigger]
        let group: ServiceGroup
    }

    func run() async throws {
        let (changes, continuation) = AsyncStream<[FunctionRegistry.Entry]>.makeStream(
            bufferingPolicy: .bufferingNewest(1))
        registry.onChange { continuation.yield($0) }
        await withGracefulShutdownHandler {
            await withDiscardingTaskGroup { group in
                var running: [String: Running] = [:]
                for await entries in changes {
                    await follow(entries, &running, &group)
                }
            }
        } onGracefulShutdown: {
            continuation.finish()
        }
    }

    /// Stops what is no longer wanted, after what it has accepted, and starts what is new.
    private func follow(
        _ entries: [FunctionRegistry.Entry], _ running: inout [String: Running], _ group: inout DiscardingTaskGroup
    ) async {
        let wanted = Dictionary(entries.map { ($0.function.description.name, $0) }) { first, _ in first }
        for (name, current) in running where wanted[name]?.function.description.triggers != current.triggers {
            await current.group.triggerGracefulShutdown()
            running[name] = nil
        }
        for (name, entry) in wanted where running[name] == nil {
            let services = factory.services(for: entry)
            guard !services.isEmpty else { continue }
            let triggers = ServiceGroup(configuration: ServiceGroupConfiguration(services: services, logger: logger))
            running[name] = Running(triggers: entry.function.description.triggers, group: triggers)
            group.addTask {
                do {
                    try await triggers.run()
                } catch is CancellationError {
                    // The emulator was told to stop at once.
                } catch {
                    logger.error("the triggers of \(name) ended: \(error)")
                }
            }
        }
    }
}
