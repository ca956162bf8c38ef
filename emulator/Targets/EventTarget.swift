import ObjectStore

/// Somebody outside who is told of objects by HTTP.
struct EventTarget: Sendable {
    /// What notification configurations call it: `arn:minio:sqs::ID:webhook`.
    var id: String
    var endpoint: String
    var shape = EventShape.minio
    /// What goes into `Authorization`; one word counts as a bearer token. Nil: nothing.
    var token: String?
    /// What it wants to hear of by itself; nil: what the buckets' notification configurations send to it.
    var subscription: NotificationRule?

    /// Under which name the store keeps events for it.
    var consumer: String { Self.consumerPrefix + id }
    static let consumerPrefix = "target:"

    /// The wish that the event fulfils, if any.
    func rule(for event: StoreEvent, in store: ObjectStore) throws -> NotificationRule? {
        if let subscription { return subscription.wants(event) ? subscription : nil }
        return try store.notificationRules(for: event).first { $0.target == id && $0.wants(event) }
    }
}
