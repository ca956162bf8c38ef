package import FoundationEssentials

/// What becomes of a job whose attempt did not work: decided by the class of the failure and by what the job has left, never by
/// the words of a message.
package enum Decision: Sendable, Hashable {
    /// Back into the queue; `counts` says whether the attempt is one of those the job has.
    case requeue(after: Duration, counts: Bool)
    /// It has failed.
    case fail

    /// - Parameters:
    ///   - failure: how the attempt ended.
    ///   - job: the job as it was claimed: this attempt is already among its attempts.
    ///   - now: the time, for the budget of wall time.
    package static func after(
        _ failure: RetryClass, _ job: Job, now: Date = Date(), backoff: Backoff = .jobs,
        wallTime: Duration = JobRules.wallTime, using generator: inout some RandomNumberGenerator
    ) -> Decision {
        guard failure.isRetryable else { return .fail }
        let counts = failure.countsAsAttempt
        if counts, job.countedAttempts >= job.maxAttempts { return .fail }
        let wait =
            if case .limited(let hint?) = failure {
                Backoff.honoring(hint, using: &generator)
            } else {
                backoff.wait(failures: max(job.countedAttempts, 1), using: &generator)
            }
        let spent = Duration.seconds(now.timeIntervalSince(job.queuedAt ?? job.createdAt))
        return spent + wait > wallTime ? .fail : .requeue(after: wait, counts: counts)
    }
}
