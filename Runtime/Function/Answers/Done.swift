/// The answer to a message, an object event or a tick: it is dealt with and need not come again.
public enum Done: Sendable, Hashable, Answer {
    /// Dealt with.
    case done

    /// Acknowledges the event.
    public func write(to reply: Reply) async throws {
        try reply.finish(http: nil, body: .none)
    }

    /// There is nothing to describe.
    public static var schema: Schema { Schema() }
}
