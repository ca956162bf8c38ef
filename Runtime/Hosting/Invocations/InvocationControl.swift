/// What goes with an invocation beside its envelope.
package struct InvocationControl: Sendable {
    /// The body of an HTTP request that streams, in place of the one in the envelope.
    package var stream: RequestStream?
    /// Cancels the invocation with a reason.
    package var cancellation: Cancellation?
    /// Called for every `progress` frame, in order, on no particular thread; a queue renews its lease with it.
    package var onProgress: (@Sendable (InvocationProgress) -> Void)?

    package init(
        stream: RequestStream? = nil, cancellation: Cancellation? = nil,
        onProgress: (@Sendable (InvocationProgress) -> Void)? = nil
    ) {
        self.stream = stream
        self.cancellation = cancellation
        self.onProgress = onProgress
    }
}
