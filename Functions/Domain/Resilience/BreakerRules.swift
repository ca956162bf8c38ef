/// When a provider counts as broken, and how it is tried again.
package struct BreakerRules: Sendable, Hashable {
    /// How long a call's outcome is remembered.
    package var window: Duration = .seconds(60)
    /// Calls that must have gone wrong within the window before anything opens.
    package var failures = 5
    /// The share of the window's calls that must have gone wrong, from 0 to 1.
    package var share = 0.5
    /// How long nobody calls after it opened; twice as long each time a probe fails.
    package var pause: Duration = .seconds(5)
    package var longestPause: Duration = .seconds(60)
    /// How long everybody waits when the provider asks for a wait without saying how long.
    package var unsaidWait: Duration = .seconds(1)
    /// The longest wait that the provider may ask of everybody.
    package var longestWait: Duration = .seconds(300)
    /// How long those wait who come while a probe is under way.
    package var probeWait: Duration = .seconds(5)

    /// The window is kept in so many parts; each is forgotten at once.
    static let parts: Int64 = 6

    package init() {}

    /// How long the breaker stays open when it opens for the `openings`th time in a row, counted from 1.
    func pause(openings: Int) -> Duration {
        min(longestPause, pause * (1 << min(max(openings - 1, 0), 20)))
    }
}
