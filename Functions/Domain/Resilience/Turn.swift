internal import Synchronization

/// One at a time, in the order of coming.
final class Turn: Sendable {
    private struct State {
        var isTaken = false
        var next = 0
        var waiters: [(id: Int, continuation: CheckedContinuation<Bool, Never>)] = []
    }

    private let state = Mutex(State())

    /// Runs `body` when it is this caller's turn.
    ///
    /// - Throws: `CancellationError` when the task is cancelled before; what `body` throws.
    func take<Result>(_ body: () async throws -> Result) async throws -> Result {
        guard await wait() else { throw CancellationError() }
        defer { pass() }
        return try await body()
    }

    private func wait() async -> Bool {
        let id = state.withLock { state in
            state.next += 1
            return state.next
        }
        return await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let answer: Bool? = state.withLock { state in
                    if Task.isCancelled { return false }
                    if !state.isTaken {
                        state.isTaken = true
                        return true
                    }
                    state.waiters.append((id, continuation))
                    return nil
                }
                if let answer { continuation.resume(returning: answer) }
            }
        } onCancel: {
            let waiter = state.withLock { state in
                state.waiters.firstIndex { $0.id == id }.map { state.waiters.remove(at: $0) }
            }
            waiter?.continuation.resume(returning: false)
        }
    }

    private func pass() {
        let next = state.withLock { state in
            if state.waiters.isEmpty {
                state.isTaken = false
                return CheckedContinuation<Bool, Never>?.none
            }
            return state.waiters.removeFirst().continuation
        }
        next?.resume(returning: true)
    }
}
