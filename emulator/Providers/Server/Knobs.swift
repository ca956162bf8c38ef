import JSON
import Synchronization

/// How a stand-in behaves: for every call when set on `/_stand-in/knobs`, for one call when sent with it.
///
/// As JSON: `{"latency_ms": 400, "steps": 4, "failure_rate": 0.1, "failure": "model crashed", "throttle_rate": 0, "retry_after": 5,
/// "webhook": {"deliver": true, "copies": 1, "delay_ms": 0}, "seed": 1}`.
package struct Knobs: Sendable, Hashable {
    /// Time from the accepted call to its result, in milliseconds; 0...600,000.
    package var latency = 400
    /// How many progress reports the work makes on its way; 0...100.
    package var steps = 4
    /// The share of accepted calls that end as failed; 0...1.
    package var failureRate = 0.0
    /// What a failed call says.
    package var failure = "The stand-in failed this prediction because it was asked to (failure_rate)."
    /// The share of calls that are refused with 429; 0...1.
    package var throttleRate = 0.0
    /// The wait a refused call is told, in seconds; 0...3,600.
    package var retryAfter = 1
    /// Whether webhooks are delivered at all.
    package var deliversWebhooks = true
    /// How often each webhook is delivered; 1...10.
    package var webhookCopies = 1
    /// Extra time before each webhook, in milliseconds; 0...600,000.
    package var webhookDelay = 0
    /// What decides which calls fail or are refused, together with the call's number.
    package var seed = 1

    package init() {}

    /// Takes over the keys that `json` names and leaves the others.
    ///
    /// - Throws: ``StandInError`` naming the key, its value and its range; then nothing is changed.
    mutating func apply(_ json: JSON) throws {
        guard let values = json.object else {
            throw StandInError("the knobs are not a JSON object (want {\"latency_ms\": 400, …})")
        }
        var changed = self
        for member in values {
            let (key, value) = (member.name, member.value)
            switch key {
            case "latency_ms": changed.latency = try Self.integer(value, key, 0...600_000)
            case "steps": changed.steps = try Self.integer(value, key, 0...100)
            case "failure_rate": changed.failureRate = try Self.share(value, key)
            case "failure": changed.failure = value.string ?? changed.failure
            case "throttle_rate": changed.throttleRate = try Self.share(value, key)
            case "retry_after": changed.retryAfter = try Self.integer(value, key, 0...3600)
            case "webhook": try changed.applyWebhook(value)
            case "seed": changed.seed = try Self.integer(value, key, 0...Int(Int32.max))
            default:
                let known = Self().json.object!.keys.joined(separator: ", ")
                throw StandInError("there is no knob \"\(key)\" (there are \(known))")
            }
        }
        self = changed
    }

    private mutating func applyWebhook(_ json: JSON) throws {
        for member in json.object ?? [:] {
            let (key, value) = (member.name, member.value)
            switch key {
            case "deliver": deliversWebhooks = value.bool ?? deliversWebhooks
            case "copies": webhookCopies = try Self.integer(value, "webhook.copies", 1...10)
            case "delay_ms": webhookDelay = try Self.integer(value, "webhook.delay_ms", 0...600_000)
            default: throw StandInError("there is no knob \"webhook.\(key)\" (there are deliver, copies, delay_ms)")
            }
        }
    }

    /// The knobs as the document ``apply(_:)`` reads.
    var json: JSON {
        [
            "latency_ms": .integer(Int64(latency)), "steps": .integer(Int64(steps)),
            "failure_rate": .number(failureRate),
            "failure": .string(failure), "throttle_rate": .number(throttleRate),
            "retry_after": .integer(Int64(retryAfter)),
            "webhook": [
                "deliver": .bool(deliversWebhooks), "copies": .integer(Int64(webhookCopies)),
                "delay_ms": .integer(Int64(webhookDelay)),
            ],
            "seed": .integer(Int64(seed)),
        ]
    }

    private static func integer(_ value: JSON, _ key: String, _ range: ClosedRange<Int>) throws -> Int {
        guard let number = value.int, range.contains(number) else {
            throw StandInError(
                "\(key) is \(String(decoding: value.serialized, as: UTF8.self))"
                    + " (want \(range.lowerBound) to \(range.upperBound))")
        }
        return number
    }

    private static func share(_ value: JSON, _ key: String) throws -> Double {
        guard let number = value.double, (0...1).contains(number) else {
            throw StandInError("\(key) is \(String(decoding: value.serialized, as: UTF8.self)) (want 0 to 1)")
        }
        return number
    }
}

/// The knobs that hold for every call, and the dice they throw.
final class KnobBoard: Sendable {
    private let state = Mutex((knobs: Knobs(), calls: UInt64(0)))

    var current: Knobs {
        state.withLock { $0.knobs }
    }

    func update(_ json: JSON) throws {
        try state.withLock { try $0.knobs.apply(json) }
    }

    /// Whether something that happens to `share` of the calls happens to this one; the same seed repeats the same run.
    func happens(_ share: Double, seed: Int) -> Bool {
        guard share > 0 else { return false }
        let call = state.withLock { state in
            state.calls += 1
            return state.calls
        }
        var random = RandomSource(seed: UInt64(seed) &* 0x9e37_79b9_7f4a_7c15 &+ call)
        return Double(random.number(in: 0...1)) < share
    }
}

/// A request to the stand-ins themselves that cannot be met; the text says what to send.
struct StandInError: Error, CustomStringConvertible {
    let description: String

    init(_ description: String) {
        self.description = description
    }
}
