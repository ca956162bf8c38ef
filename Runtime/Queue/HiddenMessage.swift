internal import Redis

/// A message as clients see it that take messages by hiding them (``Queue/take(max:hiddenFor:)``).
package struct HiddenMessage: Sendable, Hashable {
    package let id: String
    package let text: String
    /// When it was first published, in milliseconds since 1970.
    package let enqueuedAt: Int64
    /// When nobody gets it any more, in milliseconds since 1970; nil: never.
    package let expiresAt: Int64?
    /// How often it was taken.
    package let attempts: Int
    /// When it can be taken, in milliseconds since 1970.
    package let visibleAt: Int64
    /// Proves who took it last; nil for one that was only looked at.
    package let receipt: MessageReceipt?

    /// - Parameter reply: `{id, body, enqueued, expires, attempts, nonce}`.
    init(_ reply: RedisValue, place: String?, visibleAt: Int64) throws {
        let parts = try reply.expect(\.array)
        id = try parts[0].expect(\.string)
        text = try parts[1].expect(\.string)
        enqueuedAt = parts[2].integer ?? 0
        expiresAt = parts[3].integer
        attempts = try Int(parts[4].expect(\.integer))
        self.visibleAt = visibleAt
        receipt = try place.map { MessageReceipt(place: $0, nonce: try parts[5].expect(\.string)) }
    }

    init(
        id: String, text: String, enqueuedAt: Int64, expiresAt: Int64?, attempts: Int, visibleAt: Int64,
        receipt: MessageReceipt?
    ) {
        (self.id, self.text, self.enqueuedAt, self.expiresAt) = (id, text, enqueuedAt, expiresAt)
        (self.attempts, self.visibleAt, self.receipt) = (attempts, visibleAt, receipt)
    }
}
