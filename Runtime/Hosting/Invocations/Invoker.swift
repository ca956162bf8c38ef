package import FunctionRuntime

/// Something that runs invocations of one function: a pool of processes, or a closure in a test.
package protocol Invoker: Sendable {
    /// Runs one invocation and returns its answer; a streamed answer comes as soon as its head is there.
    ///
    /// Cancelling the calling task cancels the invocation.
    ///
    /// - Parameter control: What goes beside the envelope: a streamed body, a switch to cancel with a reason, progress.
    func invoke(
        _ invocation: Invocation, control: InvocationControl
    ) async throws(InvocationFailure) -> InvocationAnswer
}

extension Invoker {
    /// Runs one invocation whose progress may matter.
    package func invoke(
        _ invocation: Invocation, onProgress: (@Sendable (InvocationProgress) -> Void)? = nil
    ) async throws(InvocationFailure) -> InvocationAnswer {
        try await invoke(invocation, control: InvocationControl(onProgress: onProgress))
    }
}
