/// An entry of the catalogue that nothing can be drawn with.
package struct WorkflowProblem: Error, Sendable, Hashable, CustomStringConvertible {
    package let id: String
    /// To follow the workflow's name.
    package let message: String

    package var description: String { "the workflow \"\(id)\" \(message)" }
}
