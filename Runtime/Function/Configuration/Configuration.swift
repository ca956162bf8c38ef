internal import FoundationEssentials

/// The settings of a process: its environment, over what a `.env` file says.
///
/// Values are read by typed key (`try configuration[Keys.databaseURL]`). Every description shows the names of the keys
/// a function has declared, with secrets as `<REDACTED>`, and nothing else of the environment.
public struct Configuration: Sendable {
    /// What stands in place of a secret.
    public static let redacted = "<REDACTED>"

    /// Writes lines that belong to no invocation, such as a client's news of its connection.
    public internal(set) var log = Log { _ in }

    private let values: [String: String]
    private let keys: [any ConfigurationKeyProtocol]

    /// Settings from given values, for tests.
    ///
    /// - Parameters:
    ///   - values: environment variables.
    ///   - keys: the keys that descriptions show and that ``problems`` checks.
    public init(_ values: [String: String], keys: [any ConfigurationKeyProtocol] = []) {
        self.values = values
        self.keys = keys
    }

    /// Reads a value.
    ///
    /// - Throws: ``ConfigurationProblem`` when it is missing or does not fit; for keys that the function declares in its
    ///   `environment` that cannot happen, they have been checked before.
    public subscript<Value>(key: ConfigurationKey<Value>) -> Value {
        get throws(ConfigurationProblem) { try key.read(values[key.name]) }
    }

    /// Everything that is wrong with the declared keys, in their order.
    public var problems: [ConfigurationProblem] { keys.compactMap { $0.problem(in: self) } }

    func isMissing(_ name: String) -> Bool { values[name, default: ""].isEmpty }

    /// Whether the other variable has the value.
    func meets(_ need: ConfigurationNeed) -> Bool {
        (isMissing(need.key) ? need.default : values[need.key]) == need.value
    }

    /// The settings of this process.
    ///
    /// The file named by `ENV_FILE`, or `.env` in the working directory when there is one, gives values that the
    /// environment does not have.
    ///
    /// - Parameter keys: the keys that descriptions show and that ``problems`` checks.
    /// - Throws: ``ConfigurationProblem`` when the file cannot be read or does not follow the rules of
    ///   ``EnvironmentFile``.
    public static func process(
        keys: [any ConfigurationKeyProtocol] = []
    ) throws(ConfigurationProblem) -> Configuration {
        let environment = ProcessInfo.processInfo.environment
        let file = try EnvironmentFile.read(named: environment["ENV_FILE"])
        return Configuration(file.merging(environment) { _, set in set }, keys: keys)
    }

    private func shown(_ key: any ConfigurationKeyProtocol) -> String {
        guard let value = values[key.name], !value.isEmpty else {
            return key.required ? "<missing>" : key.defaultText ?? (key.secret ? Self.redacted : "<default>")
        }
        return key.secret ? Self.redacted : value
    }
}

extension Configuration: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    /// The declared keys with their values, secrets redacted.
    public var description: String {
        "Configuration(\(keys.map { "\($0.name)=\(shown($0))" }.joined(separator: ", ")))"
    }
    /// The same as ``description``.
    public var debugDescription: String { description }
    /// What `dump` shows: the declared keys with their values, secrets redacted.
    public var customMirror: Mirror {
        Mirror(self, children: keys.map { (label: $0.name, value: shown($0) as Any) })
    }
}
