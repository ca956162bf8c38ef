internal import Synchronization

/// Hears signals of one name, also those that come while nobody waits. One waits at a time.
package final class SignalListener: Sendable {
    private struct State {
        var isPending = false
        var waiter: CheckedContinuation<Void, Never>?
    }

    private let state = Mutex(State())

    init() {}

    /// Waits for the next signal, or returns at once when one has come since the last wait.
    ///
    /// - Parameter limit: how long at most; nil: until a signal comes.
    /// - Returns: whether there was a signal.
    /// - Throws: `CancellationError`.
    @discardableResult
    package func wait(upTo limit: Duration? = nil) async throws -> Bool {
        guard let limit else {
            await heard()
            try Task.checkCancellation()
            return true
        }
        return try await withThrowingTaskGroup(of: Bool.self) { group in
            group.addTask {
                await self.heard()
                return true
            }
            group.addTask {
                try await Task.sleep(for: limit)
                return false
            }
            defer { group.cancelAll() }
            let wasHeard = try await group.next() ?? false
            try Task.checkCancellation()
            return wasHeard
        }
    }

    func signal() {
        let waiter = state.withLock { state in
            state.isPending = state.waiter == nil
            defer { state.waiter = nil }
            return state.waiter
        }
        waiter?.resume()
    }

    /// Returns at a signal, or when the task is cancelled.
    private func heard() async {
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let isOver = state.withLock { state in
                    if state.isPending || Task.isCancelled {
                        state.isPending = false
                        return true
                    }
                    state.waiter = continuation
                    return false
                }
                if isOver { continuation.resume() }
            }
        } onCancel: {
            let waiter = state.withLock { state in
                defer { state.waiter = nil }
                return state.waiter
            }
            waiter?.resume()
        }
    }
}
