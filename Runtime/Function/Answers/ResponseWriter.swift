/// Writes a streamed body, piece by piece.
public struct ResponseWriter: Sendable {
    private let reply: Reply

    init(_ reply: Reply) { self.reply = reply }

    /// Writes bytes. Waits while the client has not read what was written before, so memory never fills.
    ///
    /// - Throws: `CancellationError` when the client is gone or the deadline has passed.
    public func write(_ bytes: [UInt8]) async throws {
        try await reply.write(bytes)
    }

    /// Writes text as UTF-8; see ``write(_:)-([UInt8])``.
    public func write(_ text: String) async throws {
        try await reply.write(Array(text.utf8))
    }

    /// Writes one event of an event stream; see ``ServerSentEvent``.
    public func write(_ event: ServerSentEvent) async throws {
        try await reply.write(Array(event.text.utf8))
    }
}
