/// How many processes a function may have and how long callers and idle processes wait.
package struct PoolLimits: Sendable, Hashable {
    /// Processes that are kept even when idle.
    package var minimum: Int
    /// Processes at most; a replacement may add one for the moment of the switch.
    package var maximum: Int
    /// An idle process above the minimum ends after this long, or after up to twice as long.
    package var idleTimeout: Duration
    /// Calls that may wait for a process; beyond, a call fails at once.
    package var waiting: Int
    /// How long a call may wait for a process.
    package var waitingTimeout: Duration
    /// The wait before the second restart in a row without a successful call in between; it doubles from there. The first
    /// restart is immediate.
    package var backoff: Duration
    package var longestBackoff: Duration
    /// How long a process may take from its start to `ready`.
    package var startTimeout: Duration
    /// How long a canceled call may go on before its process is retired, and a drained process before it gets SIGTERM, and
    /// after that SIGKILL.
    package var grace: Duration

    package init(
        minimum: Int = 0, maximum: Int = 4, idleTimeout: Duration = .seconds(60), waiting: Int = 1024,
        waitingTimeout: Duration = .seconds(10), backoff: Duration = .milliseconds(100),
        longestBackoff: Duration = .seconds(30), startTimeout: Duration = .seconds(10), grace: Duration = .seconds(5)
    ) {
        self.minimum = minimum
        self.maximum = max(1, maximum, minimum)
        self.idleTimeout = idleTimeout
        self.waiting = waiting
        self.waitingTimeout = waitingTimeout
        self.backoff = backoff
        self.longestBackoff = longestBackoff
        self.startTimeout = startTimeout
        self.grace = grace
    }
}
