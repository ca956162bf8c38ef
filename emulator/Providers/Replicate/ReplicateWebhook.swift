import Cryptography
import FoundationEssentials
import JSON

/// Where and when a prediction's webhooks go, signed the way Standard Webhooks has it
/// (https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md).
struct ReplicateWebhook: Sendable {
    enum Event: String, CaseIterable {
        case start, output, logs, completed
    }

    let url: String
    let events: Set<String>

    /// Reads `webhook` and `webhook_events_filter` of a call.
    ///
    /// - Throws: ``ReplicateProblem`` with status 422.
    init?(_ call: JSON) throws {
        guard let url = call["webhook"]?.string else { return nil }
        guard url.hasPrefix("http://") || url.hasPrefix("https://") else {
            throw ReplicateProblem.invalid([("webhook", "Does not match format 'uri'")])
        }
        let known = Set(Event.allCases.map(\.rawValue))
        let filter = Set((call["webhook_events_filter"]?.array ?? []).compactMap(\.string))
        guard filter.isSubset(of: known) else {
            throw ReplicateProblem.invalid([
                ("webhook_events_filter", "must be some of: start, output, logs, completed")
            ])
        }
        self.url = url
        events = filter.isEmpty ? known : filter
    }

    /// The three headers of a delivery: id, time in seconds, and `v1,` with the Base64 of HMAC-SHA256 over `id.time.body`.
    static func headers(id: String, at date: Date, body: [UInt8], key: [UInt8]) -> [(String, String)] {
        let seconds = String(Int(date.timeIntervalSince1970))
        let signature = HMAC.sha256(Array("\(id).\(seconds).".utf8) + body, key: key)
        return [
            ("webhook-id", id), ("webhook-timestamp", seconds),
            ("webhook-signature", "v1," + Base64.encode(signature)),
        ]
    }
}
