package import FunctionRuntime

/// A function: its executable and what that says of itself.
package struct LocatedFunction: Sendable {
    /// Absolute.
    package var path: String
    package var description: FunctionDescription

    package init(path: String, description: FunctionDescription) {
        self.path = path
        self.description = description
    }

    /// How far its processes stand back for others (nice(2)). Nobody waits for an answer of queues, objects and timers: under load
    /// they leave the processor to the functions that answer requests.
    var niceness: Int32 { description.triggers.contains { $0.kind == "http" } ? 0 : 5 }
}
