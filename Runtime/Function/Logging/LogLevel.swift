/// How much a line matters.
public enum LogLevel: String, Sendable, Hashable, CaseIterable, Codable, Comparable, ParameterValue {
    /// For whoever works on the function.
    case debug
    /// What happened, in normal times.
    case info
    /// Something to look at, that did not keep the invocation from its end.
    case warning
    /// Something failed.
    case error

    /// Whether `left` matters less.
    public static func < (left: LogLevel, right: LogLevel) -> Bool { left.rank < right.rank }

    private var rank: Int {
        switch self {
        case .debug: 0
        case .info: 1
        case .warning: 2
        case .error: 3
        }
    }
}
