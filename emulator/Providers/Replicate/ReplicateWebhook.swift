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
        guard let webhook = call["webhook"], webhook != .null else { return nil }
        guard let url = webhook.string, url.hasPrefix("http://") || url.hasPrefix("https://") else {
            throw ReplicateProblem.invalid([("webhook", "Does not match format 'uri'")])
        }
        let known = Set(Event.allCases.map(\.rawValue))
        let wanted = call["webhook_events_filter"] ?? .null
        let names = wanted == .null ? [] : wanted.array?.map(\.string)
        guard let filter = names.map(Set.init), filter.isSubset(of: known) else {
            throw ReplicateProblem.invalid([
                ("webhook_events_filter", "must be some of: start, output, logs, completed")
            ])
        }
        self.url = url
        events = filter.isEmpty ? known : Set(filter.compactMap(\.self))
    }

    /// Of the moments at which there is something new, those at which Replicate tells it: half a second apart or more, and the
    /// last in any case.
    static func paced(_ moments: [Date]) -> [Date] {
        var told: [Date] = []
        for moment in moments.reversed() where told.last.map({ $0.timeIntervalSince(moment) >= 0.5 }) ?? true {
            told.append(moment)
        }
        return told.reversed()
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
