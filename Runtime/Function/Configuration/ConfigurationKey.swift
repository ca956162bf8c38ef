/// One typed setting, documented where it is read.
///
///     static let databaseURL = ConfigurationKey<String>(
///         "DATABASE_URL", summary: "Postgres database", secret: true, kind: "a Postgres URL",
///         want: "postgres://user@host:port/name"
///     ) { $0.hasPrefix("postgres://") ? $0 : nil }
///
/// A value that does not fit is reported as
/// `DATABASE_URL is not a Postgres URL: got "mysql://…" (want postgres://user@host:port/name)`; the value of a secret is
/// never shown.
public struct ConfigurationKey<Value: Sendable>: ConfigurationKeyProtocol {
    /// The name of the environment variable.
    public let name: String
    /// One sentence for documentation.
    public let summary: String
    /// Whether the value must never be shown.
    public let secret: Bool
    /// The default as text; nil for secrets and where there is none.
    public let defaultText: String?
    /// The variable and the value of it that make this key required; nil where no other key does.
    public let neededWith: ConfigurationNeed?
    let defaultValue: Value?
    let kind: String
    let want: String?
    let parse: @Sendable (String) -> Value?

    /// - Parameters:
    ///   - name: the name of the environment variable.
    ///   - summary: one sentence for documentation.
    ///   - default: the value when the variable is absent or empty; without it the key is required.
    ///   - secret: whether the value must never be shown.
    ///   - kind: what the value is, to follow "is not": `a Postgres URL`.
    ///   - want: an example of a good value; nil when `kind` says enough.
    ///   - parse: reads the text; nil when it does not fit.
    public init(
        _ name: String, summary: String, default: Value? = nil, secret: Bool = false, kind: String,
        want: String? = nil, parse: @escaping @Sendable (String) -> Value?
    ) {
        self.init(
            name, summary, value: `default`, text: secret ? nil : `default`.map { "\($0)" }, secret, kind, want, parse)
    }

    private init(
        _ name: String, _ summary: String, value: Value?, text: String?, _ secret: Bool, _ kind: String,
        _ want: String?, neededWith: ConfigurationNeed? = nil, _ parse: @escaping @Sendable (String) -> Value?
    ) {
        self.name = name
        self.summary = summary
        self.secret = secret
        self.defaultValue = value
        self.defaultText = text
        self.kind = kind
        self.want = want
        self.neededWith = neededWith
        self.parse = parse
    }

    /// Whether there must be a value.
    public var required: Bool { defaultValue == nil }

    /// What is wrong with the value of this key, or nil.
    public func problem(in configuration: Configuration) -> ConfigurationProblem? {
        do {
            _ = try configuration[self]
        } catch {
            return error
        }
        guard let neededWith, configuration.isMissing(name), configuration.meets(neededWith) else { return nil }
        return missing
    }

    /// The same key, but nil when the variable is absent or empty instead of required.
    public var optional: ConfigurationKey<Value?> { optional(neededWith: nil) }

    /// The same key, required only where another key has one value, and nil elsewhere when the variable is absent or empty:
    /// `S3_ACCESS_KEY_ID` with `STORAGE_PROVIDER=s3`.
    public func needed<Other>(with other: ConfigurationKey<Other>, _ value: Other) -> ConfigurationKey<Value?> {
        optional(neededWith: ConfigurationNeed(key: other.name, value: "\(value)", default: other.defaultText))
    }

    private func optional(neededWith: ConfigurationNeed?) -> ConfigurationKey<Value?> {
        ConfigurationKey<Value?>(
            name, summary, value: .some(defaultValue), text: defaultText, secret, kind, want, neededWith: neededWith
        ) { [parse] text in parse(text).map(Optional.some) }
    }

    private var missing: ConfigurationProblem {
        let reason = neededWith.map { ", which \($0.key)=\($0.value) needs" } ?? ""
        return ConfigurationProblem(
            name: name, message: "\(name) is missing\(reason): \(summary) (want \(want ?? kind))")
    }

    func read(_ text: String?) throws(ConfigurationProblem) -> Value {
        guard let text, !text.isEmpty else {
            if let defaultValue { return defaultValue }
            throw missing
        }
        guard let value = parse(text) else {
            let shown = secret ? Configuration.redacted : "\"\(Self.excerpt(text))\""
            let hint = want.map { " (want \($0))" } ?? ""
            throw ConfigurationProblem(name: name, message: "\(name) is not \(kind): got \(shown)\(hint)")
        }
        return value
    }

    private static func excerpt(_ text: String) -> String {
        text.count > 80 ? "\(text.prefix(80))…" : text
    }
}

extension ConfigurationKey where Value: ParameterValue {
    /// A key of a type that knows how to read itself: text, numbers, `Bool`, `UUID`, enumerations of texts.
    ///
    /// - Parameters:
    ///   - name: the name of the environment variable.
    ///   - summary: one sentence for documentation.
    ///   - default: the value when the variable is absent or empty; without it the key is required.
    ///   - secret: whether the value must never be shown.
    public init(_ name: String, summary: String, default: Value? = nil, secret: Bool = false) {
        self.init(
            name, summary: summary, default: `default`, secret: secret, kind: Value.parameterKind,
            parse: Value.init(parameter:))
    }
}
