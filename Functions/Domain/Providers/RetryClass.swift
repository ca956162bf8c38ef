/// What went wrong with a provider, as far as deciding what to do next: the whole vocabulary of failures.
package enum RetryClass: Sendable, Hashable {
    /// The request itself is wrong (a 4xx about its content). Never retried.
    case invalid
    /// The provider will not draw this. Never retried.
    case refused
    /// Too many requests. Retried after the wait the provider asked for, without counting as an attempt.
    case limited(wait: Duration?)
    /// The provider is not well (5xx, a broken connection before anything was sent). Retried with backoff.
    case unavailable
    /// Nobody knows whether the request arrived, or the provider forgot it. Retried with backoff, looking it up first.
    case lost
    /// The account cannot pay or is not allowed. Never retried: waiting does not help.
    case quota

    /// Whether another attempt may succeed.
    package var isRetryable: Bool {
        switch self {
        case .limited, .unavailable, .lost: true
        case .invalid, .refused, .quota: false
        }
    }

    /// Whether an attempt that ended like this is one of the attempts a job has.
    package var countsAsAttempt: Bool {
        if case .limited = self { false } else { true }
    }

    /// The job's `error_code` for this class.
    package var code: String {
        switch self {
        case .invalid: "invalid_input"
        case .refused: "content_refused"
        case .limited: "provider_limited"
        case .unavailable: "provider_unavailable"
        case .lost: "provider_lost"
        case .quota: "provider_quota"
        }
    }
}
