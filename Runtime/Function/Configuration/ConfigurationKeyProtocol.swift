/// A configuration key of any type, so that a function can list what it reads; see ``ConfigurationKey``.
public protocol ConfigurationKeyProtocol: Sendable {
    /// The name of the environment variable.
    var name: String { get }
    /// One sentence for documentation.
    var summary: String { get }
    /// Whether the value must never be shown.
    var secret: Bool { get }
    /// Whether there must be a value.
    var required: Bool { get }
    /// What makes the key required although ``required`` is false; nil where nothing does.
    var neededWith: ConfigurationNeed? { get }
    /// The default as text, for documentation; nil for secrets and where there is none.
    var defaultText: String? { get }
    /// What is wrong with the value of this key, or nil.
    func problem(in configuration: Configuration) -> ConfigurationProblem?
}
