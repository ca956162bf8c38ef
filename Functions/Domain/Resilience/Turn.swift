internal import Synchronization

/// Who may begin, in the order of coming: one at a time, or side by side with others that do not mind.
final class Turn: Sendable {
    private struct Waiter {
        let id: Int
        let isAlone: Bool
        let continuation: CheckedContinuation<Bool, Never>
    }

    private struct State {
        var present = 0
        /// Whoever is present wants nobody beside it.
        var isTaken = false
        var next = 0
        var waiters: [Waiter] = []

        func admits(alone: Bool) -> Bool { present == 0 || !alone && !isTaken }

        mutating func begin(alone: Bool) {
            present += 1
            isTaken = alone
        }

        /// Takes those out of the queue whose turn has come.
        mutating func beginners() -> [Waiter] {
            var beginners: [Waiter] = []
            while let first = waiters.first, admits(alone: first.isAlone) {
                begin(alone: first.isAlone)
                beginners.append(waiters.removeFirst())
            }
            return beginners
        }
    }

    private let state = Mutex(State())

    /// How many wait.
    var waiting: Int { state.withLock { $0.waiters.count } }

    /// Runs `body` when it is this caller's turn.
    ///
    /// - Parameter alone: whether nothing else may run meanwhile; else others that are not alone may.
    /// - Throws: `CancellationError` when the task is cancelled before; what `body` throws.
    func take<Result>(alone: Bool = true, _ body: () async throws -> Result) async throws -> Result {
        guard await wait(alone) else { throw CancellationError() }
        defer { pass() }
        return try await body()
    }

    private func wait(_ alone: Bool) async -> Bool {
        let id = state.withLock { state in
            state.next += 1
            return state.next
        }
        return await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let answer: Bool? = state.withLock { state in
                    if Task.isCancelled { return false }
                    if state.waiters.isEmpty, state.admits(alone: alone) {
                        state.begin(alone: alone)
                        return true
                    }
                    state.waiters.append(Waiter(id: id, isAlone: alone, continuation: continuation))
                    return nil
                }
                if let answer { continuation.resume(returning: answer) }
            }
        } onCancel: {
            let (gone, beginners) = state.withLock { state in
                let gone = state.waiters.firstIndex { $0.id == id }.map { state.waiters.remove(at: $0) }
                // Those behind it may have waited for it alone.
                return (gone, state.beginners())
            }
            gone?.continuation.resume(returning: false)
            for waiter in beginners { waiter.continuation.resume(returning: true) }
        }
    }

    private func pass() {
        let beginners = state.withLock { state in
            state.present -= 1
            return state.beginners()
        }
        for waiter in beginners { waiter.continuation.resume(returning: true) }
    }
}
