internal import Synchronization

/// State behind a lock, and tasks that wait until it holds what they want.
///
/// A waiting task costs the others nothing: its question is asked again at every change, under the lock, and only a
/// satisfied one is resumed.
package final class Awaitable<State: Sendable>: Sendable {
    private struct Waiter: Sendable {
        let id: UInt64
        /// Resumes and says so when the state holds what the task wants.
        let attempt: @Sendable (inout State) -> Bool
        let cancel: @Sendable () -> Void
    }

    private struct Storage: Sendable {
        var state: State
        var waiters: [Waiter] = []
        var nextID: UInt64 = 0
    }

    private let storage: Mutex<Storage>

    /// - Parameter state: what it holds at first.
    package init(_ state: State) {
        storage = Mutex(Storage(state: state))
    }

    /// Changes the state and resumes the tasks that it satisfies.
    package func mutate<Result: Sendable>(_ change: (inout State) -> Result) -> Result {
        storage.withLock { storage in
            let result = change(&storage.state)
            if !storage.waiters.isEmpty { Self.settle(&storage) }
            return result
        }
    }

    /// Waits until the question has an answer. The question may change the state when it answers.
    ///
    /// - Throws: `CancellationError` when the task is cancelled while it waits.
    package func wait<Result: Sendable>(_ question: @escaping @Sendable (inout State) -> Result?) async throws -> Result
    {
        let (answer, id): (Result?, UInt64) = storage.withLock { storage in
            if let answer = question(&storage.state) { return (answer, 0) }
            storage.nextID += 1
            return (nil, storage.nextID)
        }
        if let answer { return answer }
        return try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { continuation in
                enqueue(id, question, continuation)
            }
        } onCancel: {
            cancel(id)
        }
    }

    private func enqueue<Result: Sendable>(
        _ id: UInt64, _ question: @escaping @Sendable (inout State) -> Result?,
        _ continuation: CheckedContinuation<Result, any Error>
    ) {
        storage.withLock { storage in
            // A cancellation that came before this lock was taken found no waiter to resume.
            if Task.isCancelled { return continuation.resume(throwing: CancellationError()) }
            storage.waiters.append(
                Waiter(id: id) { state in
                    guard let answer = question(&state) else { return false }
                    continuation.resume(returning: answer)
                    return true
                } cancel: {
                    continuation.resume(throwing: CancellationError())
                })
            Self.settle(&storage)
        }
    }

    private func cancel(_ id: UInt64) {
        storage.withLock { storage in
            guard let position = storage.waiters.firstIndex(where: { $0.id == id }) else { return }
            storage.waiters.remove(at: position).cancel()
        }
    }

    private static func settle(_ storage: inout Storage) {
        var waiting: [Waiter] = []
        let asked = storage.waiters
        for waiter in asked where !waiter.attempt(&storage.state) { waiting.append(waiter) }
        storage.waiters = waiting
    }
}
