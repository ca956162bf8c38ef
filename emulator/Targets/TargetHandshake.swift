import FoundationEssentials
import FunctionRuntime
import HTTPClient
import JSON
import ObjectStore

/// Asks a target whether it wants events before any is sent, as Event Grid does: with an event that carries a code
/// (https://learn.microsoft.com/azure/event-grid/end-point-validation-event-grid-events-schema), or, for CloudEvents, with
/// an `OPTIONS` request (https://github.com/cloudevents/spec/blob/main/cloudevents/http-webhook.md, section 4).
struct TargetHandshake: Sendable {
    let target: EventTarget
    let origin: EventOrigin
    let client: HTTPClient

    /// Who asks, as Event Grid names itself.
    static let sender = "eventgrid.azure.net"

    /// What the target says.
    enum Answer: Sendable {
        case yes
        /// It took the question, and may say yes later by opening the URL.
        case later
        case no(String)
    }

    /// - Parameters:
    ///   - code: what the target has to repeat.
    ///   - url: what it may open in its place.
    func ask(code: String, url: String) async -> Answer {
        do {
            return target.shape == .cloudevents ? try await askPermission(url) : try await askForCode(code, url)
        } catch {
            return .no("\(error)")
        }
    }

    private func askForCode(_ code: String, _ url: String) async throws -> Answer {
        let event: JSON = [
            [
                "id": .string(UUID().uuidString.lowercased()), "topic": .string(origin.topic), "subject": "",
                "data": ["validationCode": .string(code), "validationUrl": .string(url)],
                "eventType": "Microsoft.EventGrid.SubscriptionValidationEvent",
                "eventTime": .string(RFC3339.string(from: Date())), "metadataVersion": "1", "dataVersion": "1",
            ]
        ]
        var headers = target.headers
        headers.add("aeg-event-type", "SubscriptionValidation")
        headers.add("aeg-subscription-name", target.id.uppercased())
        let response = try await client.execute(
            HTTPClient.Request(
                .post, target.endpoint, headers: headers, body: .bytes(event.serialized), timeout: .seconds(30),
                maximumBodySize: 1 << 20))
        // 202 does not count, Event Grid says.
        guard response.status == 200 else { return .no("it answered \(response.status) to the question for its code") }
        let answer = try? JSON(parsing: try await response.body.collect(upTo: 1 << 20))
        return answer?["validationResponse"]?.string == code ? .yes : .later
    }

    private func askPermission(_ url: String) async throws -> Answer {
        var headers = target.headers
        headers["content-type"] = nil
        headers.add("webhook-request-origin", Self.sender)
        headers.add("webhook-request-callback", url)
        let response = try await client.execute(
            HTTPClient.Request(
                HTTPMethod("OPTIONS"), target.endpoint, headers: headers, timeout: .seconds(30),
                maximumBodySize: 1 << 20))
        // Some answer every OPTIONS with success: only the header says yes.
        if let allowed = response.headers["webhook-allowed-origin"], allowed == "*" || allowed == Self.sender {
            return .yes
        }
        return response.isSuccess ? .later : .no("it answered \(response.status) to OPTIONS")
    }
}
