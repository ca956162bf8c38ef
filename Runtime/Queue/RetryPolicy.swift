/// How long to wait before the next attempt: exponential backoff with full jitter
/// (https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter/).
package struct RetryPolicy: Sendable, Hashable {
    /// The ceiling of the first wait; each later one is twice the one before.
    package var base: Duration
    /// No ceiling is above this.
    package var limit: Duration

    package init(base: Duration = .seconds(1), limit: Duration = .seconds(300)) {
        self.base = base
        self.limit = limit
    }

    /// The ceiling of the wait after an attempt.
    package func ceiling(afterAttempt attempt: Int) -> Duration {
        // 2^30 base waits are beyond any limit in use; a shift further would overflow.
        min(limit, base * (1 << min(max(attempt, 1) - 1, 30)))
    }

    /// The wait after an attempt.
    /// - Parameters:
    ///   - attempt: the attempt that failed, from 1.
    ///   - hint: what the other side asked to wait: never undercut, and exceeded by up to a tenth.
    ///   - random: 0 to 1; a test gives its own.
    package func delay(
        afterAttempt attempt: Int, hint: Duration? = nil, random: Double = .random(in: 0..<1)
    ) -> Duration {
        if let hint { return hint + hint * (random / 10) }
        return ceiling(afterAttempt: attempt) * random
    }
}
