import ServiceLifecycle
import Synchronization

/// Waits until every server listens, then says so once; afterwards it only waits for the end.
final class Readiness: Service {
    private let missing: Mutex<Set<String>>
    private let signal: AsyncStream<Void>
    private let complete: AsyncStream<Void>.Continuation
    private let announcement = Mutex<(@Sendable () async throws -> Void)?>(nil)

    /// - Parameter names: the servers to wait for.
    init(waitingFor names: Set<String>) {
        missing = Mutex(names)
        (signal, complete) = AsyncStream.makeStream()
    }

    /// What to do when all of them listen; to be set before it runs.
    func whenComplete(_ announce: @escaping @Sendable () async throws -> Void) {
        announcement.withLock { $0 = announce }
    }

    /// One of the servers listens.
    func reached(_ name: String) {
        let isComplete = missing.withLock { names in
            names.remove(name)
            return names.isEmpty
        }
        if isComplete { complete.finish() }
    }

    func run() async throws {
        for await _ in signal.cancelOnGracefulShutdown() {}
        if missing.withLock({ $0.isEmpty }) { try await announcement.withLock { $0 }?() }
        try await gracefulShutdown()
    }
}
