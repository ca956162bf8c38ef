package import JSON

/// One line of a log.
package struct LogRecord: Sendable, Hashable {
    package let level: LogLevel
    package let message: String
    /// What the line is about, in the order in which it was given.
    package let fields: JSONObject

    package init(level: LogLevel, message: String, fields: JSONObject = [:]) {
        self.level = level
        self.message = message
        self.fields = fields
    }
}
