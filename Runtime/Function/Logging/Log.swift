internal import JSON

/// Writes lines that carry the id of their invocation, so that a host can show them with it.
///
///     context.log.info("published", ["jobId": job.id, "attempt": context.attempt])
public struct Log: Sendable {
    private let minimum: LogLevel
    private let sink: @Sendable (LogRecord) -> Void

    /// - Parameters:
    ///   - minimum: lines below this level are not written.
    ///   - sink: takes each line.
    package init(minimum: LogLevel = .debug, _ sink: @escaping @Sendable (LogRecord) -> Void) {
        self.minimum = minimum
        self.sink = sink
    }

    /// Fields of a line: whole numbers, numbers and truth values stay what they are, everything else becomes text.
    public typealias Fields = KeyValuePairs<String, any Sendable>

    /// The least level that is written.
    public static let levelKey = ConfigurationKey<LogLevel>(
        "LOG_LEVEL", summary: "the least level of log lines that are written", default: .info)

    /// Writes a line for whoever works on the function.
    public func debug(_ message: @autoclosure () -> String, _ fields: Fields = [:]) {
        write(.debug, message, fields)
    }

    /// Writes a line about what happened.
    public func info(_ message: @autoclosure () -> String, _ fields: Fields = [:]) {
        write(.info, message, fields)
    }

    /// Writes a line about something to look at.
    public func warning(_ message: @autoclosure () -> String, _ fields: Fields = [:]) {
        write(.warning, message, fields)
    }

    /// Writes a line about something that failed.
    public func error(_ message: @autoclosure () -> String, _ fields: Fields = [:]) {
        write(.error, message, fields)
    }

    private func write(_ level: LogLevel, _ message: () -> String, _ fields: Fields) {
        guard level >= minimum else { return }
        let fields = JSONObject(fields.map { ($0.key, Self.json($0.value)) })
        sink(LogRecord(level: level, message: message(), fields: fields))
    }

    private static func json(_ value: any Sendable) -> JSON {
        switch value {
        case let value as JSON: value
        case let value as String: .string(value)
        case let value as Bool: .bool(value)
        case let value as any BinaryInteger: Int64(exactly: value).map(JSON.integer) ?? .string("\(value)")
        case let value as Double: .number(value)
        default: .string(String(describing: value))
        }
    }
}
