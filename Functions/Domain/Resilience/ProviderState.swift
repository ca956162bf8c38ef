/// How a provider does, for people: what its circuit breaker says and what is under way.
package struct ProviderState: Sendable, Hashable, Codable {
    package enum Phase: String, Sendable, Hashable, Codable, CaseIterable {
        /// Calls go through.
        case closed
        /// Nobody calls for a while.
        case open
        /// The next call decides.
        case halfOpen = "half-open"
        /// An operator stopped it.
        case paused
    }

    package var breaker: Phase
    /// Milliseconds until an open breaker lets a probe through.
    package var opensForMs: Int
    /// Milliseconds for which the provider asked everybody to wait.
    package var heldForMs: Int
    /// Calls under way.
    package var calls: Int
    /// Outcomes within the last minute.
    package var well: Int
    package var unwell: Int
}
