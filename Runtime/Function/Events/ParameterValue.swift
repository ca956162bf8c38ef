public import FoundationEssentials
internal import JSON

/// A type that a parameter of the path, a field of the query or a configuration key can have.
///
/// An enumeration with texts as raw values needs only the name of the protocol:
///
///     enum Status: String, CaseIterable, ParameterValue { case queued, processing }
public protocol ParameterValue: Sendable {
    /// Reads the text; nil when it does not fit.
    init?(parameter: String)
    /// What fits, to follow "must be": `a whole number`.
    static var parameterKind: String { get }
    /// What fits, for the API document: any text, unless the type says more.
    static var parameterSchema: Schema { get }
}

extension ParameterValue {
    /// Any text.
    public static var parameterSchema: Schema { Schema(["type": "string"]) }
}

extension ParameterValue where Self: Decodable {
    /// The schema of the type.
    public static var parameterSchema: Schema { Schema(of: Self.self) }
}

extension String: ParameterValue {
    /// Reads the text; nil when it does not fit.
    public init?(parameter: String) { self = parameter }
    /// What fits, to follow "must be".
    public static var parameterKind: String { "text" }
}

extension Int: ParameterValue {
    /// Reads the text; nil when it does not fit.
    public init?(parameter: String) { self.init(parameter) }
    /// What fits, to follow "must be".
    public static var parameterKind: String { "a whole number" }
}

extension Double: ParameterValue {
    /// Reads the text; nil when it does not fit.
    public init?(parameter: String) {
        guard let value = Double(parameter), value.isFinite else { return nil }
        self = value
    }
    /// What fits, to follow "must be".
    public static var parameterKind: String { "a number" }
}

extension Bool: ParameterValue {
    /// Reads the text; nil when it does not fit.
    public init?(parameter: String) {
        switch parameter {
        case "true", "1", "yes", "on": self = true
        case "false", "0", "no", "off": self = false
        default: return nil
        }
    }
    /// What fits, to follow "must be".
    public static var parameterKind: String { "true or false" }
}

extension UUID: ParameterValue {
    /// Reads the text; nil when it does not fit.
    public init?(parameter: String) { self.init(uuidString: parameter) }
    /// What fits, to follow "must be".
    public static var parameterKind: String { "a UUID" }
}

extension Date: ParameterValue {
    /// Reads the text; nil when it does not fit.
    public init?(parameter: String) {
        guard let date = RFC3339.date(from: parameter) else { return nil }
        self = date
    }
    /// What fits, to follow "must be".
    public static var parameterKind: String { "a time such as 2026-11-20T19:22:31Z" }
}

extension ParameterValue where Self: RawRepresentable, RawValue == String {
    /// Reads the text; nil when it does not fit.
    public init?(parameter: String) { self.init(rawValue: parameter) }
    /// What fits, to follow "must be".
    public static var parameterKind: String { "a known value" }
}

extension ParameterValue where Self: RawRepresentable & CaseIterable, RawValue == String {
    /// What fits, to follow "must be".
    public static var parameterKind: String { "one of \(allCases.map(\.rawValue).joined(separator: ", "))" }
}
