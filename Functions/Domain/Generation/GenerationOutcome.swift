/// How one delivery of a wake-up ended.
package enum GenerationOutcome: Sendable, Hashable {
    /// The job is completed, with so many results.
    case completed(results: Int)
    /// The job has failed.
    case failed(code: String)
    /// The job is in the queue again.
    case requeued(after: Duration, code: String)
    /// It is not the job's turn at the provider: it waits in the queue, and no attempt was made.
    case postponed(after: Duration)
    /// Somebody else has the job now, or it was canceled; nothing was written.
    case leaseLost
    /// There was nothing to claim. So many provider calls went on for a job that has ended, and were told to stop.
    case nothingToDo(stopped: Int)
}
