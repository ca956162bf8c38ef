/// The names of a queue's keys. They share the hash tag `{name}`, so that a Redis Cluster keeps them on one node, where
/// scripts can work on them together.
struct QueueKeys: Sendable {
    let name: String

    /// A stream for each priority, in the order in which they are looked at.
    var streams: [String] { QueuePriority.allCases.map(stream) }
    /// Sorted set of envelopes by the millisecond at which they become due.
    var delayed: String { "queue:{\(name)}:delayed" }
    /// Stream of the messages that were given up.
    var dead: String { "queue:{\(name)}:dead" }
    /// Counts what was taken, for the share of aged messages.
    var turn: String { "queue:{\(name)}:turn" }

    func stream(_ priority: QueuePriority) -> String {
        "queue:{\(name)}:\(priority.rawValue)"
    }

    /// Exists while a message of that id must not be published again.
    func seen(_ id: String) -> String {
        "queue:{\(name)}:seen:\(id)"
    }
}
