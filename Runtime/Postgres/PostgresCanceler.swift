internal import Synchronization
internal import Threads

/// The thread on which a pool's cancel requests are sent: they block, and the connection's own thread waits for its answer.
final class PostgresCanceler: Sendable {
    private let executor = Mutex<ThreadExecutor?>(nil)

    func cancel(_ operation: PostgresOperation) {
        let executor = executor.withLock { executor in
            let started = executor ?? ThreadExecutor(name: "postgres-cancel")
            executor = started
            return started
        }
        executor.submit { operation.cancel() }
    }
}
