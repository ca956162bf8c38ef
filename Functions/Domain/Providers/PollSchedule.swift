/// How often a running call is looked at: soon at first, then less and less often.
package struct PollSchedule: Sendable, Hashable {
    package var first: Duration
    package var factor: Double
    package var longest: Duration
    /// Looks that may go wrong one after another before watching is given up.
    package var failures: Int

    package init(
        first: Duration = .milliseconds(50), factor: Double = 1.5, longest: Duration = .seconds(3), failures: Int = 5
    ) {
        self.first = first
        self.factor = factor
        self.longest = longest
        self.failures = failures
    }

    /// The wait before look number `attempt`, counted from 1.
    package func wait(before attempt: Int) -> Duration {
        var wait = first
        for _ in 1..<max(attempt, 1) where wait < longest { wait = wait * factor }
        return min(wait, longest)
    }
}
