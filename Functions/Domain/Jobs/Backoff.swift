/// How long a job waits before its next attempt: exponential with full jitter, so that jobs that failed together do not
/// come back together (https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter/).
package struct Backoff: Sendable, Hashable {
    /// The upper bound after the first failure.
    package var base: Duration
    /// The upper bound that later ones approach.
    package var cap: Duration

    package static let jobs = Backoff(base: .seconds(2), cap: .seconds(60))

    package init(base: Duration, cap: Duration) {
        self.base = base
        self.cap = cap
    }

    /// The longest wait after `failures` failures in a row: `base · 2^(failures - 1)`, at most `cap`.
    package func bound(failures: Int) -> Duration {
        let doublings = min(max(failures - 1, 0), 30)
        return min(cap, base * (1 << doublings))
    }

    /// A wait drawn evenly between zero and `bound(failures:)`.
    package func wait(failures: Int, using generator: inout some RandomNumberGenerator) -> Duration {
        bound(failures: failures) * Double.random(in: 0...1, using: &generator)
    }

    /// The wait for a hint such as Retry-After: what was asked for and up to a tenth more, so that those who were told the same
    /// moment do not meet there; never longer than `longest`.
    package static func honoring(
        _ hint: Duration, longest: Duration = .seconds(900), using generator: inout some RandomNumberGenerator
    ) -> Duration {
        min(hint * Double.random(in: 1...1.1, using: &generator), longest)
    }
}
