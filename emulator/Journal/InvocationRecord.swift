import FoundationEssentials
import FunctionRuntime
import Hosting
import JSON

/// One finished invocation, as the dashboard shows it.
struct InvocationRecord: Sendable {
    var id: String
    var function: String
    var trigger: String
    /// What it was about: `POST /api/v1/jobs`, a queue, an object's key, a schedule.
    var subject: String
    var finished: Date
    var instance: String?
    var build: String?
    /// The HTTP status of the answer.
    var status: Int?
    /// Why there is no answer; nil when there is one.
    var failure: String?
    var timing: InvocationTiming

    /// What came of it, in a word or a number.
    var outcome: String {
        failure ?? status.map { "\($0)" } ?? "done"
    }

    /// The record as the dashboard's API has it; times are in milliseconds.
    var json: JSON {
        var object: JSONObject = [
            "id": .string(id), "function": .string(function), "trigger": .string(trigger), "subject": .string(subject),
            "finished": .string(RFC3339.string(from: finished)), "outcome": .string(outcome),
        ]
        object["instance"] = instance.map(JSON.string)
        object["build"] = build.map(JSON.string)
        object["status"] = status.map { .integer(Int64($0)) }
        object["failure"] = failure.map(JSON.string)
        object["milliseconds"] = [
            "queueWait": .number(timing.queueWait.milliseconds),
            "processStart": .number(timing.processStart.milliseconds),
            "handler": .number(timing.handler.milliseconds), "total": .number(timing.total.milliseconds),
        ]
        return .object(object)
    }
}
