/// The value of another variable that makes a key required.
public struct ConfigurationNeed: Sendable, Hashable {
    /// The other variable.
    public let key: String
    /// Its value, as text.
    public let value: String
    /// What the other variable counts as where it is absent or empty.
    let `default`: String?
}
