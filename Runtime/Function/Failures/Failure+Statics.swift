extension Failure {
    /// The input is wrong.
    ///
    /// - Parameters:
    ///   - message: what is wrong; with a field, worded to follow its name (`must not be empty`).
    ///   - field: the field it is about, nested ones with dots.
    public static func invalid(_ message: String, field: String? = nil) -> Failure {
        guard let field else { return Failure(.invalid, message) }
        return .invalid([FieldError(field, message)])
    }

    /// Several fields of the input are wrong; at least one.
    public static func invalid(_ errors: [FieldError]) -> Failure {
        let message = errors.map { "\($0.field.isEmpty ? "the value" : $0.field) \($0.message)" }
        return Failure(.invalid, message.joined(separator: "; "), errors: errors)
    }

    /// There is no such thing, or none the caller may know of.
    public static func notFound(_ message: String = "there is no such thing") -> Failure {
        Failure(.notFound, message)
    }

    /// The thing is in a state that does not allow it.
    public static func conflict(_ message: String) -> Failure { Failure(.conflict, message) }

    /// The caller is not known.
    public static func unauthenticated(_ message: String = "a valid token is needed") -> Failure {
        Failure(.unauthenticated, message, headers: ["www-authenticate": "Bearer"])
    }

    /// The caller is known and may not.
    public static func forbidden(_ message: String = "this is not allowed") -> Failure { Failure(.forbidden, message) }

    /// The input is larger than allowed.
    public static func tooLarge(_ message: String) -> Failure { Failure(.tooLarge, message) }

    /// The input is of a type that is not understood.
    public static func unsupportedMediaType(_ message: String) -> Failure { Failure(.unsupportedMediaType, message) }

    /// The caller asks too often and may try again after a time (whole seconds, rounded up, reach an HTTP client).
    public static func limited(_ message: String = "too many requests", retryAfter: Duration) -> Failure {
        let (seconds, fraction) = retryAfter.components
        let headers: Headers = ["retry-after": String(seconds + (fraction > 0 ? 1 : 0))]
        return Failure(.limited, message, retry: .after(retryAfter), headers: headers)
    }

    /// A service that this one asks answered wrongly.
    public static func upstream(_ message: String, retry: Retry = .backoff) -> Failure {
        Failure(.upstream, message, retry: retry)
    }

    /// The service cannot answer now.
    public static func unavailable(_ message: String, retry: Retry = .backoff) -> Failure {
        Failure(.unavailable, message, retry: retry)
    }

    /// It took longer than allowed.
    public static func timeout(_ message: String = "it took longer than allowed") -> Failure {
        Failure(.timeout, message)
    }

    /// The caller went away or took it back.
    public static func canceled(_ message: String = "the invocation was canceled") -> Failure {
        Failure(.canceled, message)
    }

    /// A mistake of the service's own; the message says nothing of the inside.
    public static func `internal`(_ message: String = "the function failed") -> Failure { Failure(.internal, message) }

    static func bodyTooLarge(limit: Int) -> Failure { .tooLarge("the body has more than \(limit) bytes") }

    static func mismatch(want kind: String, _ invocation: Invocation) -> Failure {
        .invalid("this function takes \(kind) events; the host sent a \(invocation.event.kind) event")
    }
}
