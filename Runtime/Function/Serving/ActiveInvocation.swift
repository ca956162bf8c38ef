internal import FoundationEssentials
internal import Synchronization

/// An invocation that a function works on.
package final class ActiveInvocation: Sendable {
    private struct State: Sendable {
        var task: Task<Void, Never>?
        var reason: CancelReason?
    }

    package let invocation: Invocation
    /// When it is cancelled unless it has ended.
    package let deadline: ContinuousClock.Instant
    /// Bytes of the answer that may be sent.
    package let credit: Credit
    /// The body that is being received, when it is streamed.
    package let stream: BodyStream?
    private let state = Mutex(State())

    package init(_ invocation: Invocation, timeout: Duration, credit: Credit, stream: BodyStream?) {
        self.invocation = invocation
        self.deadline = .now + (invocation.remaining ?? timeout)
        self.credit = credit
        self.stream = stream
    }

    package var id: String { invocation.id }

    /// Why it was cancelled; nil when it was not.
    package var cancelReason: CancelReason? { state.withLock { $0.reason } }

    /// Tells it which task to cancel. A cancellation that came before reaches the task at once.
    package func attach(_ task: Task<Void, Never>) {
        let canceled = state.withLock { state in
            state.task = task
            return state.reason != nil
        }
        if canceled { task.cancel() }
    }

    /// Cancels the task. The first reason counts.
    package func cancel(_ reason: CancelReason) {
        let task = state.withLock { state in
            if state.reason == nil { state.reason = reason }
            return state.task
        }
        task?.cancel()
    }
}
