package import JSON

/// A message on its way into a queue.
package struct QueueMessage: Sendable, Hashable {
    /// What the receiver sees as its id. Two messages may carry the same one unless `onceWithin` is set.
    package var id: String
    /// Ids only: what they stand for is read from the database when the work begins.
    package var body: JSON
    package var priority: QueuePriority
    /// How long nobody gets it; nil: at once.
    package var delay: Duration?
    /// When set, the message is dropped if one with its id was published within this time before.
    package var onceWithin: Duration?

    package init(
        id: String, body: JSON, priority: QueuePriority = .normal, delay: Duration? = nil, onceWithin: Duration? = nil
    ) {
        self.id = id
        self.body = body
        self.priority = priority
        self.delay = delay
        self.onceWithin = onceWithin
    }
}
