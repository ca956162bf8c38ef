/// Why an invocation failed: a small, closed vocabulary that a caller, a queue and a person can act on.
///
/// A host turns it into problem details (RFC 9457) for an HTTP client, and into retry or dead letter for a queue.
///
///     throw Failure.notFound("there is no job \(id)")
///     throw Failure.invalid("must not be empty", field: "prompt")
///     throw Failure.unavailable("the provider is starting").retrying(.after(.seconds(5)))
public struct Failure: Error, Sendable, Hashable {
    /// What kind of failure; see ``Code``.
    public var code: Code
    /// One sentence for the caller. It holds no secret and nothing of the inside.
    public var message: String
    /// Whether a queue delivers the message again.
    public var retry: Retry
    /// What is wrong with which field of the input.
    public var errors: [FieldError]
    /// Header fields for an HTTP client, such as `retry-after`.
    public var headers: Headers

    /// - Parameters:
    ///   - code: what kind of failure.
    ///   - message: one sentence for the caller.
    ///   - retry: whether to deliver a message again; what the code suggests unless said otherwise.
    ///   - errors: what is wrong with which field.
    ///   - headers: header fields for an HTTP client.
    public init(
        _ code: Code, _ message: String, retry: Retry? = nil, errors: [FieldError] = [], headers: Headers = [:]
    ) {
        self.code = code
        self.message = message
        self.retry = retry ?? code.retry
        self.errors = errors
        self.headers = headers
    }

    /// The same failure with another answer to whether the message comes again.
    public func retrying(_ retry: Retry) -> Failure {
        var copy = self
        copy.retry = retry
        return copy
    }
}

extension Failure: CustomStringConvertible {
    /// Code, message and those fields that the message does not tell of, for logs.
    public var description: String {
        let fields = errors.map { "\($0.field) \($0.message)" }.filter { !message.contains($0) }.joined(separator: "; ")
        return "\(code.rawValue): \(message)" + (fields.isEmpty ? "" : " (\(fields))")
    }
}
