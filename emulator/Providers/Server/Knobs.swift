import JSON

/// How a stand-in behaves: for every provider's calls when set on `/_stand-in/knobs`, for one provider's on
/// `/_stand-in/knobs/<name>`, for one call when sent with it.
///
/// As JSON: `{"latency_ms": 400, "steps": 4, "failure_rate": 0.1, "failure_kind": "failed", "failure": "model crashed",
/// "throttle_rate": 0, "retry_after": 5, "block_rate": 0, "loading_seconds": 0, "lost_rate": 0, "truncated_rate": 0,
/// "slow_body_ms": 0, "webhook": {"deliver": true, "copies": 1, "delay_ms": 0, "shuffle_ms": 0}, "seed": 1}`.
package struct Knobs: Sendable, Hashable {
    /// Time from the accepted call to its result, in milliseconds; 0...600,000.
    package var latency = 400
    /// How many progress reports the work makes on its way; 0...100.
    package var steps = 4
    /// The share of calls that fail; 0...1.
    package var failureRate = 0.0
    /// How they fail.
    package var failureKind = FailureKind.failed
    /// What a failed call says.
    package var failure = "The stand-in failed this call because it was asked to (failure_rate)."
    /// The share of calls that are refused with 429; 0...1.
    package var throttleRate = 0.0
    /// The wait a refused call is told, in seconds; 0...3,600.
    package var retryAfter = 1
    /// The share of calls whose content is refused, as each provider words that; 0...1.
    package var blockRate = 0.0
    /// How long a model loads that was not called before, in seconds; calls are told to wait until then; 0...3,600. Only for
    /// providers that load models on demand (Hugging Face).
    package var loading = 0.0
    /// The share of accepted calls whose connection is closed instead of an answer; 0...1.
    package var lostRate = 0.0
    /// The share of answers whose connection is closed after half the body; 0...1.
    package var truncatedRate = 0.0
    /// The time over which each body is sent, in milliseconds; 0...600,000.
    package var slowBody = 0
    package var webhook = WebhookKnobs()
    /// What decides about the shares, together with the number of the provider's call.
    package var seed = 1

    package init() {}

    /// Takes over the keys that `json` names and leaves the others.
    ///
    /// - Throws: `StandInError` naming the key, its value and its range; then nothing is changed.
    mutating func apply(_ json: JSON) throws {
        guard let values = json.object else {
            throw StandInError("the knobs are not a JSON object (want {\"latency_ms\": 400, …})")
        }
        var changed = self
        for member in values { try changed.set(member.name, KnobValue(member.name, member.value), member.value) }
        self = changed
    }

    private mutating func set(_ name: String, _ value: KnobValue, _ json: JSON) throws {
        switch name {
        case "latency_ms": latency = try value.integer(0...600_000)
        case "steps": steps = try value.integer(0...100)
        case "failure_rate": failureRate = try value.number(0...1)
        case "failure_kind": failureKind = try value.choice()
        case "failure": failure = try value.text()
        case "throttle_rate": throttleRate = try value.number(0...1)
        case "retry_after": retryAfter = try value.integer(0...3600)
        case "block_rate": blockRate = try value.number(0...1)
        case "loading_seconds": loading = try value.number(0...3600)
        case "lost_rate": lostRate = try value.number(0...1)
        case "truncated_rate": truncatedRate = try value.number(0...1)
        case "slow_body_ms": slowBody = try value.integer(0...600_000)
        case "webhook": try webhook.apply(json)
        case "seed": seed = try value.integer(0...Int(Int32.max))
        default:
            let known = Self().members.keys.joined(separator: ", ")
            throw StandInError("there is no knob \"\(name)\" (there are \(known))")
        }
    }

    /// The knobs as the document ``apply(_:)`` reads.
    var json: JSON { .object(members) }

    private var members: JSONObject {
        [
            "latency_ms": .integer(Int64(latency)), "steps": .integer(Int64(steps)),
            "failure_rate": .number(failureRate), "failure_kind": .string(failureKind.rawValue),
            "failure": .string(failure), "throttle_rate": .number(throttleRate),
            "retry_after": .integer(Int64(retryAfter)), "block_rate": .number(blockRate),
            "loading_seconds": .number(loading), "lost_rate": .number(lostRate),
            "truncated_rate": .number(truncatedRate), "slow_body_ms": .integer(Int64(slowBody)),
            "webhook": webhook.json, "seed": .integer(Int64(seed)),
        ]
    }
}
