import FunctionRuntime
import Hosting
import Logging
import NIOCore

/// The main port: every function's HTTP routes, and the emulator's own address for events of stores outside.
struct Gateway: Sendable {
    /// The server.
    let trigger: HTTPTrigger

    /// - Parameters:
    ///   - webhook: takes the events of object stores outside.
    ///   - onRunning: told once it listens.
    /// - Throws: `RouteError` when two functions want the same route.
    init(
        host: String, port: Int, registry: FunctionRegistry, webhook: ObjectWebhook, group: any EventLoopGroup,
        logger: Logger, journal: Journal, onRunning: @escaping @Sendable () -> Void
    ) throws {
        let trigger = try HTTPTrigger(
            functions: Self.functions(registry.entries),
            options: HTTPOptions(host: host, port: port, showsCrashes: true), group: group, logger: logger,
            localPrefix: "/_emulator/", local: { await webhook.answer($0) }, onBound: { _ in onRunning() })
        self.trigger = trigger
        registry.onChange { entries in
            do {
                try trigger.update(Self.functions(entries))
            } catch {
                journal.warning("the routes stay as they were: \(error)")
            }
        }
    }

    private static func functions(_ entries: [FunctionRegistry.Entry]) -> [HTTPFunction] {
        entries.map { HTTPFunction(description: $0.function.description, invoker: $0.pool) }
    }
}
