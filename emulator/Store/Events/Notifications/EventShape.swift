package import JSON

/// How a target outside is told of an event.
package enum EventShape: String, Sendable, CaseIterable {
    /// MinIO's webhook.
    case minio
    /// Amazon S3's record, as a queue or topic of AWS carries it.
    case aws
    /// Azure Event Grid's own schema.
    case eventgrid
    /// CloudEvents 1.0, as Event Grid sends it.
    case cloudevents

    /// The value of `Content-Type`.
    package var contentType: String {
        self == .cloudevents ? "application/cloudevents+json; charset=utf-8" : "application/json; charset=utf-8"
    }

    /// What is posted.
    /// - Parameter configuration: the name of the wish that asked for the event.
    package func body(of event: StoreEvent, configuration: String, from source: EventOrigin) -> JSON {
        switch self {
        case .minio:
            [
                "EventName": .string(event.name), "Key": .string("\(event.bucket)/\(event.key)"),
                "Records": [event.minioRecord(configuration: configuration, from: source)],
            ]
        case .aws: ["Records": [event.awsRecord(configuration: configuration, from: source)]]
        case .eventgrid: [event.gridEvent(from: source)]
        case .cloudevents: event.cloudEvent(from: source)
        }
    }
}
