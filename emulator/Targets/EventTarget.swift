import HTTPClient
import JSON
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
    /// Whether it is asked before it is sent anything, where its shape has a question for that.
    var isAsked = true

    /// Whether it has to say yes before it is sent anything.
    var wantsHandshake: Bool { isAsked && (shape == .eventgrid || shape == .cloudevents) }

    /// Under which name the store keeps events for it.
    var consumer: String { Self.consumerPrefix + id }
    static let consumerPrefix = "target:"

    /// What every request to it carries.
    var headers: HTTPHeaders {
        var headers: HTTPHeaders = ["content-type": shape.contentType]
        if let token { headers.add("authorization", token.contains(" ") ? token : "Bearer " + token) }
        return headers
    }

    /// The wish that the event fulfils, if any.
    func rule(for event: StoreEvent, in store: ObjectStore) throws -> NotificationRule? {
        if let subscription { return subscription.wants(event) ? subscription : nil }
        return try store.notificationRules(for: event).first { $0.target == id && $0.wants(event) }
    }

    /// Posts a test and says whether it was taken (any 2xx).
    func takes(_ test: NotificationTest, client: HTTPClient) async -> Bool {
        let request = HTTPClient.Request(
            .post, endpoint, headers: headers, body: .bytes(test.body.serialized), timeout: .seconds(10),
            maximumBodySize: 1 << 20)
        // Whatever goes wrong, it was not taken; who put the configuration is told so.
        return (try? await client.execute(request))?.isSuccess == true
    }
}
