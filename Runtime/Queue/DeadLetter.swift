package import JSON

/// A message that was given up, and why.
package struct DeadLetter: Sendable, Hashable {
    /// Where it stands among the dead letters: what `Queue.redrive` and `Queue.discard` take.
    package let entry: String
    package let id: String
    /// The body; nil when it is not JSON, as `reason` then says.
    package let body: JSON?
    package let priority: QueuePriority
    package let enqueuedAt: Int64
    /// How many attempts were made.
    package let attempts: Int
    package let reason: String
    /// When it was given up, in milliseconds since 1970.
    package let diedAt: Int64
}
