extension Failure {
    /// The closed set of codes.
    public enum Code: String, Sendable, Hashable, CaseIterable, Codable {
        /// The input is wrong; the same input fails again.
        case invalid
        /// There is no such thing, or none the caller may know of.
        case notFound = "not_found"
        /// The thing is in a state that does not allow it.
        case conflict
        /// The caller is not known.
        case unauthenticated
        /// The caller is known and may not.
        case forbidden
        /// The input is larger than allowed.
        case tooLarge = "too_large"
        /// The input is of a type that is not understood.
        case unsupportedMediaType = "unsupported_media_type"
        /// The caller asks too often.
        case limited
        /// A service that this one asks answered wrongly.
        case upstream
        /// The service cannot answer now.
        case unavailable
        /// It took longer than allowed.
        case timeout
        /// The caller went away or took it back.
        case canceled
        /// A mistake of the service's own.
        case `internal`

        /// The HTTP status (RFC 9110, RFC 6585; 499 is what proxies log for a client that is gone).
        public var status: Int {
            switch self {
            case .invalid: 400
            case .unauthenticated: 401
            case .forbidden: 403
            case .notFound: 404
            case .conflict: 409
            case .tooLarge: 413
            case .unsupportedMediaType: 415
            case .limited: 429
            case .canceled: 499
            case .internal: 500
            case .upstream: 502
            case .unavailable: 503
            case .timeout: 504
            }
        }

        /// The title of problem details; the same for every failure of the code (RFC 9457, section 3.1.3).
        public var title: String {
            switch self {
            case .invalid: "The input is not valid"
            case .unauthenticated: "Authentication is needed"
            case .forbidden: "Not allowed"
            case .notFound: "Not found"
            case .conflict: "Conflict with the current state"
            case .tooLarge: "Too large"
            case .unsupportedMediaType: "Media type not supported"
            case .limited: "Too many requests"
            case .canceled: "Canceled"
            case .internal: "Internal error"
            case .upstream: "A service behind this one failed"
            case .unavailable: "Not available now"
            case .timeout: "Took too long"
            }
        }

        /// What a queue does unless the failure says otherwise: try again when another try can succeed.
        public var retry: Retry {
            switch self {
            case .limited, .upstream, .unavailable, .timeout, .canceled, .internal: .backoff
            case .invalid, .unauthenticated, .forbidden, .notFound, .conflict, .tooLarge, .unsupportedMediaType: .never
            }
        }
    }
}
