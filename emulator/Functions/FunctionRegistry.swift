import FunctionRuntime
import Hosting
import JSON
import NIOCore
import ServiceLifecycle
import Synchronization

/// The functions that are served right now, each with the pool of its processes; they come, change and go while it runs.
final class FunctionRegistry: Service {
    /// One function that is served.
    struct Entry: Sendable {
        var function: LocatedFunction
        let pool: ProcessPool
    }

    private struct State {
        var entries: [String: Entry] = [:]
        var listeners: [@Sendable ([Entry]) -> Void] = []
    }

    private let state = Mutex(State())
    private let added: AsyncStream<ProcessPool>
    private let adding: AsyncStream<ProcessPool>.Continuation
    private let environment: [String: String]
    private let manifest: String
    private let group: any EventLoopGroup
    private let journal: Journal

    /// - Parameters:
    ///   - environment: what every function gets.
    ///   - manifest: the file that the descriptions are written to whenever they change.
    ///   - group: where the processes' pipes are served.
    init(environment: [String: String], manifest: String, group: any EventLoopGroup, journal: Journal) {
        self.environment = environment
        self.manifest = manifest
        self.group = group
        self.journal = journal
        (added, adding) = AsyncStream.makeStream()
    }

    /// All functions, by name.
    var entries: [Entry] {
        state.withLock { $0.entries.values.sorted { $0.function.description.name < $1.function.description.name } }
    }

    /// One function.
    subscript(name: String) -> Entry? { state.withLock { $0.entries[name] } }

    /// The names of the queues that functions listen to.
    var queueNames: Set<String> {
        let triggers = entries.flatMap(\.function.description.triggers)
        return Set(triggers.compactMap { trigger in if case .queue(let name, _, _) = trigger { name } else { nil } })
    }

    /// The descriptions of all functions: what `FUNCTIONS_MANIFEST` holds.
    var descriptions: JSON {
        ["functions": .array(entries.map(\.function.description.json))]
    }

    /// Tells somebody of every change, with all functions; at once with what there is now.
    func onChange(_ listener: @escaping @Sendable ([Entry]) -> Void) {
        state.withLock { $0.listeners.append(listener) }
        listener(entries)
    }

    /// Runs the pools until the service group shuts down, and returns when the last process is gone.
    func run() async throws {
        try await withThrowingDiscardingTaskGroup { group in
            await withGracefulShutdownHandler {
                for await pool in added {
                    group.addTask { try await pool.run() }
                }
            } onGracefulShutdown: {
                self.adding.finish()
            }
        }
    }

    /// Begins to serve a function that was not there before.
    func add(_ function: LocatedFunction) {
        let pool = ProcessPool(function: function, environment: environment, group: group, observer: journal)
        state.withLock { $0.entries[function.description.name] = Entry(function: function, pool: pool) }
        adding.yield(pool)
    }

    /// Lets a new build of a function take over, without a dropped call.
    ///
    /// - Throws: `ReplacementFailure` when it does not start; the old build serves on.
    func replace(with function: LocatedFunction) async throws {
        guard let entry = self[function.description.name] else { return }
        try await entry.pool.replace(with: function)
        state.withLock { $0.entries[function.description.name]?.function = function }
    }

    /// Stops serving a function; what it has accepted is finished.
    func remove(_ name: String) {
        state.withLock { $0.entries.removeValue(forKey: name) }?.pool.stop()
    }

    /// Writes the manifest and tells the listeners: to be called once after a series of changes.
    ///
    /// - Throws: ``EmulatorError`` when the manifest cannot be written.
    func announce() throws {
        try TextFile.write(descriptions.text + "\n", to: manifest)
        let entries = entries
        for listener in state.withLock({ $0.listeners }) { listener(entries) }
    }
}
