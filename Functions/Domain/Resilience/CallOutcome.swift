/// What a call has shown about its provider's health.
package enum CallOutcome: Sendable, Hashable {
    /// It answered, if only to say that it will not draw this.
    case well
    /// It did not answer, or failed for reasons of its own.
    case unwell
    /// It asked to be left alone for a while; nil when it did not say for how long.
    case limited(Duration?)
    /// Nothing: the call was given up for reasons of ours.
    case untold

    /// What the end of a call shows.
    package init(_ error: any Error) {
        guard let error = error as? ProviderError else {
            self = .untold
            return
        }
        switch error.retryClass {
        case .invalid, .refused: self = .well
        // A failure beside the provider, such as storage that is away.
        case _ where error.code != error.retryClass.code: self = .untold
        case .unavailable, .lost: self = .unwell
        case .limited(let wait): self = .limited(wait)
        // An account that is not served says nothing about whether others would be.
        case .quota: self = .untold
        }
    }
}
