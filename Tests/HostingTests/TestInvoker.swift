import FunctionRuntime
import Hosting
import Synchronization

/// An invoker that is a closure, and remembers what it was asked.
final class TestInvoker: Invoker {
    typealias Body = @Sendable (Invocation, InvocationControl) async throws(InvocationFailure) -> Void

    private let body: Body
    private let log = Mutex<[Invocation]>([])

    /// Every invocation so far, in the order of their beginning.
    var invocations: [Invocation] { log.withLock { $0 } }

    init(_ body: @escaping Body = { (_, _) throws(InvocationFailure) in }) {
        self.body = body
    }

    func invoke(
        _ invocation: Invocation, control: InvocationControl
    ) async throws(InvocationFailure) -> InvocationAnswer {
        log.withLock { $0.append(invocation) }
        try await body(invocation, control)
        return InvocationAnswer()
    }
}
