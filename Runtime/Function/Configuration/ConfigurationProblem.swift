/// What is wrong with one setting: which, what was found and what is wanted. It never holds the value of a secret.
public struct ConfigurationProblem: Error, Sendable, Hashable, CustomStringConvertible {
    /// The name of the environment variable.
    public let name: String
    /// The whole sentence.
    public let message: String

    /// - Parameters:
    ///   - name: the name of the environment variable.
    ///   - message: the whole sentence; it holds no secret.
    public init(name: String, message: String) {
        self.name = name
        self.message = message
    }

    /// The sentence.
    public var description: String { message }
}
