internal import Synchronization

/// One round trip that can be cancelled, and that a late cancellation cannot outlive: a cancel request carries no statement,
/// so one that arrives after its own statement would hit the next.
final class PostgresOperation: Sendable {
    private enum State {
        case waiting
        case running(PostgresCancellation?)
        case finished
        case cancelled
    }

    private let state = Mutex(State.waiting)

    /// Called on the connection's thread before anything is sent.
    ///
    /// - Throws: `CancellationError` when the operation has been cancelled already.
    func begin(_ cancellation: PostgresCancellation?) throws(CancellationError) {
        let mayRun = state.withLock { state in
            guard case .waiting = state else { return false }
            state = .running(cancellation)
            return true
        }
        guard mayRun else { throw CancellationError() }
    }

    /// Called on the connection's thread once the answer is there; waits for a cancel request that is under way.
    ///
    /// - Returns: whether the operation was cancelled.
    func finish() -> Bool {
        state.withLock { state in
            if case .cancelled = state { return true }
            state = .finished
            return false
        }
    }

    /// Cancels the operation, blocking while the server is told.
    func cancel() {
        state.withLock { state in
            switch state {
            case .waiting: state = .cancelled
            case .running(let cancellation):
                cancellation?.send()
                state = .cancelled
            case .finished, .cancelled: break
            }
        }
    }
}
