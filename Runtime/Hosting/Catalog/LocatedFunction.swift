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
}
