public import FoundationEssentials

/// A message of a queue.
public struct Message<Body: Decodable & Sendable>: Sendable {
    /// The id it was published under; the same in every attempt.
    public let id: String
    /// The name of the queue.
    public let queue: String
    /// Which attempt this is, from 1.
    public let attempt: Int
    /// When it was published.
    public let enqueuedAt: Date
    /// The body.
    public let body: Body

    package init(id: String, queue: String, attempt: Int, enqueuedAt: Date, body: Body) {
        self.id = id
        self.queue = queue
        self.attempt = attempt
        self.enqueuedAt = enqueuedAt
        self.body = body
    }
}

extension Message: Hashable where Body: Hashable {}
extension Message: Equatable where Body: Equatable {}

extension Message: Event {
    /// Decodes the body and makes the message.
    public init(_ delivery: Delivery) async throws {
        guard case .queue(let message) = delivery.invocation.event else {
            throw Failure.mismatch(want: "queue", delivery.invocation)
        }
        self.init(
            id: message.id, queue: message.queue, attempt: message.attempt, enqueuedAt: message.enqueuedAt,
            body: try TypedJSON.decode(Body.self, from: message.body))
    }

    /// The schema of the body.
    public static var schema: Schema { Schema(of: Body.self) }
}
