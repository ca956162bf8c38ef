import Synchronization

/// A state, and tasks that wait until it allows what they want.
///
/// Waiters are asked in the order of their coming after each change; one that is satisfied changes the state itself.
package final class Condition<State: Sendable>: Sendable {
    private struct Waiter: Sendable {
        let number: Int
        /// Tries; returns what to do outside the lock when it is satisfied.
        let attempt: @Sendable (inout State) -> (@Sendable () -> Void)?
        let giveUp: @Sendable () -> Void
    }

    private struct Contents: Sendable {
        var state: State
        var waiters: [Waiter] = []
        var lastNumber = 0
        var canceled: Set<Int> = []
    }

    private let contents: Mutex<Contents>

    package init(_ state: State) {
        contents = Mutex(Contents(state: state))
    }

    /// Changes the state and wakes those whom it satisfies.
    @discardableResult
    package func update<Value: Sendable>(_ change: (inout sending State) -> sending Value) -> Value {
        let (value, satisfied) = contents.withLock { contents -> (Value, [@Sendable () -> Void]) in
            var state = contents.state
            let value = change(&state)
            contents.state = state
            var satisfied: [@Sendable () -> Void] = []
            contents.waiters.removeAll { waiter in
                guard let resume = waiter.attempt(&contents.state) else { return false }
                satisfied.append(resume)
                return true
            }
            return (value, satisfied)
        }
        for resume in satisfied { resume() }
        return value
    }

    /// Waits until `attempt` returns a value.
    /// - Returns: nil when the task was canceled first.
    package func wait<Value: Sendable>(for attempt: @escaping @Sendable (inout State) -> Value?) async -> Value? {
        let number = contents.withLock { contents in
            contents.lastNumber += 1
            return contents.lastNumber
        }
        // A cancellation that came when the wait was over already.
        defer { contents.withLock { _ = $0.canceled.remove(number) } }
        return await withTaskCancellationHandler {
            await withCheckedContinuation { (continuation: CheckedContinuation<Value?, Never>) in
                let waiter = Waiter(
                    number: number,
                    attempt: { state in
                        guard let value = attempt(&state) else { return nil }
                        return { continuation.resume(returning: value) }
                    }, giveUp: { continuation.resume(returning: nil) })
                let resume = contents.withLock { contents -> (@Sendable () -> Void)? in
                    if contents.canceled.contains(number) { return waiter.giveUp }
                    if let resume = waiter.attempt(&contents.state) { return resume }
                    contents.waiters.append(waiter)
                    return nil
                }
                resume?()
            }
        } onCancel: {
            let waiter = contents.withLock { contents -> Waiter? in
                guard let index = contents.waiters.firstIndex(where: { $0.number == number }) else {
                    contents.canceled.insert(number)
                    return nil
                }
                return contents.waiters.remove(at: index)
            }
            waiter?.giveUp()
        }
    }
}
