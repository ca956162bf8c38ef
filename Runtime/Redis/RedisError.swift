/// What can go wrong between this process and Redis. No case carries a password.
package enum RedisError: Error, Hashable, Sendable {
    /// The address is not a Redis URL; the sentence says what it should look like.
    case invalidURL(String)
    /// There is no connection and none could be made. The command was not sent.
    case unavailable(String)
    /// The connection broke while the command was under way: it may or may not have been executed. Never repeated by
    /// itself unless the caller called the command idempotent.
    case connectionLost(String)
    /// No reply came in time; the connection was given up, since its later replies could not be trusted to come either.
    case timedOut(command: String, after: Duration)
    /// Redis answered with an error: `code` is its first word (`WRONGTYPE`, `NOGROUP`, `ERR` …).
    case server(code: String, message: String)
    /// A reply of another kind than the command is documented to give.
    case unexpectedReply(String)
    /// The client was closed.
    case closed

    /// The first word of Redis' own error, nil for an error of another kind.
    package var code: String? {
        if case .server(let code, _) = self { code } else { nil }
    }

    /// Whether the same command can succeed later without anybody changing anything: Redis is away, restarting or full.
    package var isTransient: Bool {
        switch self {
        case .unavailable, .connectionLost, .timedOut: true
        case .server(let code, _):
            ["LOADING", "BUSY", "TRYAGAIN", "MASTERDOWN", "CLUSTERDOWN", "READONLY"].contains(code)
        case .invalidURL, .unexpectedReply, .closed: false
        }
    }
}

extension RedisError: CustomStringConvertible {
    package var description: String {
        switch self {
        case .invalidURL(let problem): problem
        case .unavailable(let reason): "Redis cannot be reached: \(reason)"
        case .connectionLost(let reason): "the connection to Redis broke while a command was under way: \(reason)"
        case .timedOut(let command, let after): "Redis did not answer \(command) within \(after)"
        case .server(let code, let message): "Redis answered \(code) \(message)"
        case .unexpectedReply(let what): "Redis gave an unexpected reply: \(what)"
        case .closed: "this Redis client was closed"
        }
    }
}
