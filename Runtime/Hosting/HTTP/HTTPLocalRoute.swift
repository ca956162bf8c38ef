/// A request that the host answers itself, beside the functions: its health, a developer's tools.
package struct HTTPLocalRequest: Sendable {
    package var method: String
    /// Percent-encoded, without the query.
    package var path: String
    /// As it came, without the question mark.
    package var query: String?
    package var headers: [(name: String, value: String)]
    /// Nil when it has more than `HTTPOptions.wholeBodyLimit` bytes: the host itself takes no streams.
    package var body: [UInt8]?
}

/// Answers requests under its prefixes; nil: none of its own.
package typealias HTTPLocalResponder = @Sendable (HTTPLocalRequest) async -> InvocationAnswer?
