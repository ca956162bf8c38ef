import FoundationEssentials
import FunctionRuntime
import JSON

/// One line of the log: of a function, or of the emulator itself.
struct LogLine: Sendable {
    /// Counts up from 1 for each line of this emulator's life.
    var sequence = 0
    var time = Date()
    var level: LogLevel
    /// The function that it is about; nil: the emulator.
    var function: String?
    /// The process of that function.
    var instance: String?
    /// The invocation that it belongs to.
    var invocation: String?
    var message: String
    /// Named values; null when there are none.
    var fields = JSON.null

    /// The line as the dashboard's API has it.
    var json: JSON {
        var object: JSONObject = [
            "sequence": .integer(Int64(sequence)), "time": .string(RFC3339.string(from: time)),
            "level": .string(level.rawValue),
        ]
        object["function"] = function.map(JSON.string)
        object["instance"] = instance.map(JSON.string)
        object["invocation"] = invocation.map(JSON.string)
        object["message"] = .string(message)
        if !fields.isNull { object["fields"] = fields }
        return .object(object)
    }

    /// Whether the line is about one function; every line is when no name is given.
    func concerns(_ name: String?) -> Bool {
        name == nil || function == name
    }
}
