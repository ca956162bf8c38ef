import JSON

/// How a stand-in delivers its webhooks.
///
/// As JSON: `{"deliver": true, "copies": 1, "delay_ms": 0, "shuffle_ms": 0}`.
package struct WebhookKnobs: Sendable, Hashable {
    /// Whether webhooks are delivered at all.
    package var delivers = true
    /// How often each webhook is delivered; 1...10.
    package var copies = 1
    /// Extra time before each webhook, in milliseconds; 0...600,000.
    package var delay = 0
    /// The longest further time before each delivery, in milliseconds, another one for each: deliveries closer together than
    /// this overtake one another; 0...600,000.
    package var shuffle = 0

    mutating func apply(_ json: JSON) throws {
        guard let values = json.object else {
            throw StandInError("webhook is not a JSON object (want {\"deliver\": true, …})")
        }
        for member in values {
            let name = "webhook.\(member.name)"
            switch member.name {
            case "deliver": delivers = try KnobValue(name, member.value).bool()
            case "copies": copies = try KnobValue(name, member.value).integer(1...10)
            case "delay_ms": delay = try KnobValue(name, member.value).integer(0...600_000)
            case "shuffle_ms": shuffle = try KnobValue(name, member.value).integer(0...600_000)
            default:
                throw StandInError("there is no knob \"\(name)\" (there are deliver, copies, delay_ms, shuffle_ms)")
            }
        }
    }

    var json: JSON {
        [
            "deliver": .bool(delivers), "copies": .integer(Int64(copies)), "delay_ms": .integer(Int64(delay)),
            "shuffle_ms": .integer(Int64(shuffle)),
        ]
    }
}
