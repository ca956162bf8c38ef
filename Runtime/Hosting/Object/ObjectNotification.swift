import FoundationEssentials
package import FunctionRuntime
package import JSON

/// What an object store elsewhere posts to the webhook: MinIO's and AWS' records, Azure Event Grid's events and
/// CloudEvents, all told apart by their shape.
package enum ObjectNotification: Sendable, Hashable {
    /// Object events; events of other kinds are left out.
    case events([StoredObject])
    /// Event Grid asks whether the webhook wants its events: answer 200 with this JSON
    /// (https://learn.microsoft.com/azure/event-grid/end-point-validation-event-grid-events-schema).
    case validation(answer: JSON)

    /// - Parameter body: what was posted.
    /// - Throws: `Failure.invalid` that names what is wrong.
    package init(_ body: JSON) throws(Failure) {
        if let records = body["Records"]?.array {
            self = .events(try Self.all(records) { record throws(Failure) in try StoredObject(record: record) })
            return
        }
        // What S3 posts when a bucket is told to notify the webhook.
        if body["Event"]?.string == "s3:TestEvent" {
            self = .events([])
            return
        }
        // Event Grid posts arrays, and a single CloudEvent as an object.
        let events = body.array ?? [body]
        if let code = events.first(where: { $0["eventType"]?.string == Self.validationType })?["data"]?[
            "validationCode"]
        {
            self = .validation(answer: ["validationResponse": code])
            return
        }
        self = .events(try Self.all(events) { event throws(Failure) in try StoredObject(gridEvent: event) })
    }

    private static let validationType = "Microsoft.EventGrid.SubscriptionValidationEvent"

    /// The header that answers the `OPTIONS` request with which CloudEvents ask for permission
    /// (https://github.com/cloudevents/spec/blob/main/cloudevents/http-webhook.md, section 4).
    /// - Parameter origin: the value of `WebHook-Request-Origin`.
    package static func allowance(origin: String) -> Headers {
        ["webhook-allowed-origin": origin, "webhook-allowed-rate": "*"]
    }

    private static func all(
        _ list: [JSON], _ read: (JSON) throws(Failure) -> StoredObject?
    ) throws(Failure) -> [StoredObject] {
        var objects: [StoredObject] = []
        for element in list {
            if let object = try read(element) { objects.append(object) }
        }
        return objects
    }
}
