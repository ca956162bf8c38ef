package import Queue

/// How a queue trigger treats its messages.
package struct QueueTriggerOptions: Sendable, Hashable {
    /// Messages that run at the same time: the function's concurrency times its instances.
    package var concurrency: Int
    /// Attempts before a message becomes a dead letter.
    package var attempts: Int
    /// A message whose host dies runs again elsewhere within this time.
    package var lease: Duration
    package var retry: RetryPolicy
    /// How long running messages may go on when the host stops, before they are canceled and given back.
    package var drain: Duration

    package init(
        concurrency: Int, attempts: Int = 5, lease: Duration = .seconds(15), retry: RetryPolicy = RetryPolicy(),
        drain: Duration = .seconds(10)
    ) {
        self.concurrency = max(1, concurrency)
        self.attempts = max(1, attempts)
        self.lease = lease
        self.retry = retry
        self.drain = drain
    }

    /// Who has not renewed a lease for so long has lost it: early enough for the look-out below to come by within it.
    var idle: Duration { lease * 4 / 5 }
    /// How often leases are renewed: three times before one is lost.
    var renewal: Duration { lease / 4 }
    /// How often lost leases are looked for.
    var lookout: Duration { min(.seconds(1), lease / 15) }
}
