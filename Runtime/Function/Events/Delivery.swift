/// An invocation as it reached the process, before it becomes a typed ``Event``.
public struct Delivery: Sendable {
    package let invocation: Invocation
    /// The body that comes after the invocation, when it says so.
    package let stream: BodyStream?
    /// Bytes that a body read as a whole may have.
    package let bodyLimit: Int

    package init(_ invocation: Invocation, stream: BodyStream? = nil, bodyLimit: Int = Limits().body) {
        self.invocation = invocation
        self.stream = stream
        self.bodyLimit = bodyLimit
    }
}
