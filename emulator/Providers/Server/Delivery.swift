/// How an answer reaches the client.
struct Delivery: Sendable, Hashable {
    /// The connection is closed instead of an answer: the client does not learn whether its call was taken.
    var isLost = false
    /// The connection is closed after half the body.
    var isTruncated = false
    /// The time over which the body is sent.
    var duration = Duration.zero
}
