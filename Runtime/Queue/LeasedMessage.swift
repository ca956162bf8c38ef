package import JSON

/// A message that this consumer may work on until its lease is over.
package struct LeasedMessage: Sendable, Hashable {
    package let id: String
    package let body: JSON
    package let priority: QueuePriority
    /// When it was first published, in milliseconds since 1970.
    package let enqueuedAt: Int64
    /// Which attempt this is, from 1. Deliveries that were given back (`Queue.release`) do not count; one whose consumer
    /// died does, because nobody knows how far it came.
    package let attempt: Int
    /// Where the message stands in the stream of its priority.
    package let entry: String
    /// How often the entry was handed out: together with the consumer's name, the token that fences off a late worker.
    let deliveries: Int
}
