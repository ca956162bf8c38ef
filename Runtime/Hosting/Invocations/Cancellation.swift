package import FunctionRuntime
import Synchronization

/// A switch that ends one invocation, with a reason.
package final class Cancellation: Sendable {
    private enum State {
        case open((@Sendable (CancelReason) -> Void)?)
        case canceled(CancelReason)
    }

    private let state = Mutex(State.open(nil))

    package init() {}

    /// Cancels; only the first call counts.
    package func cancel(_ reason: CancelReason) {
        let handler = state.withLock { state -> (@Sendable (CancelReason) -> Void)? in
            guard case .open(let handler) = state else { return nil }
            state = .canceled(reason)
            return handler
        }
        handler?(reason)
    }

    /// Sets what to do on `cancel`; does it at once when that came first.
    package func whenCanceled(_ handler: @escaping @Sendable (CancelReason) -> Void) {
        let reason = state.withLock { state -> CancelReason? in
            if case .canceled(let reason) = state { return reason }
            state = .open(handler)
            return nil
        }
        if let reason { handler(reason) }
    }
}
