package import FoundationEssentials
internal import JSON
internal import Postgres

/// Jobs as workers hold them. Each write names the lease's token, so that a worker that was thought dead
/// and comes back changes nothing; each moves the job, its event and its provider call together.
package struct JobLeases: Sendable {
    let database: Database
    /// How long a claim holds without renewal.
    package let lease: Duration
    /// This process, so that the sweep for dead workers sees which jobs one of them had.
    private let worker = UUID()
    private let claims: Batches<ClaimOrder, JobClaim?>
    let recordings: Batches<RecordingOrder, Recording>
    private let completions: Batches<CompletionOrder, Bool>

    package init(_ database: Database, lease: Duration = JobRules.lease) {
        self.database = database
        self.lease = lease
        // One lane each: workers are several, and what they write waits for nobody's answer.
        claims = Batches(lanes: 1) { orders in try await ClaimOrder.take(orders, for: lease, in: database) }
        recordings = Batches { orders in try await RecordingOrder.record(orders, for: lease, in: database) }
        completions = Batches(lanes: 1) { orders in try await CompletionOrder.record(orders, in: database) }
    }

    /// Takes a queued job that is due: queued -> processing. Records the intent of a provider call, unless one is open already. Jobs
    /// that are claimed at the same moment share a transaction.
    ///
    /// - Parameters:
    ///   - message: the wake-up that led here; its outbox row has done its work.
    ///   - alone: whether this process works on nothing else meanwhile; only so it may take a suspect.
    /// - Returns: nil when there is nothing to take: another worker has it, it is not due, it is a suspect, or it has ended.
    package func claim(
        _ id: UUID, message: UUID? = nil, provider: String, alone: Bool = false
    ) async throws -> JobClaim? {
        try await claims.run(
            ClaimOrder(job: id, message: message, provider: provider, worker: worker, isAlone: alone))
    }

    /// Whether a queued job is due and one that workers died with, so that it has to be claimed alone.
    package func isSuspect(_ id: UUID) async throws -> Bool {
        try await database.asService(
            "select from jobs where id = \(id) and \(JobStatements.isDue) and \(JobStatements.isSuspect)")[0].count == 1
    }

    /// Holds the claim for another lease.
    ///
    /// - Returns: whether it is still held.
    package func renew(_ token: LeaseToken) async throws -> Bool {
        try await database.asService(
            "update jobs set lease_until = now() + \(lease) where \(JobStatements.owned(by: token))")[0].affected == 1
    }

    /// Records how far the job has come, and holds the claim for another lease.
    ///
    /// - Returns: the number of the event; nil when the claim is no longer held.
    package func progress(_ token: LeaseToken, _ progress: Double) async throws -> Int? {
        try await database.asService(
            """
            with moved as (
                update jobs set progress = \(progress), lease_until = now() + \(lease),
                    event_sequence = event_sequence + 1
                where \(JobStatements.owned(by: token)) returning id, user_id, event_sequence),
            event as (
                insert into job_events (job_id, sequence, user_id, type, data)
                select id, event_sequence, user_id, 'progress', \(["progress": .number(progress)] as JSON) from moved)
            select event_sequence from moved
            """)[0].first?["event_sequence"]
    }

    /// processing -> completed, with its results. Everything at once: a result is never there without its job saying so. Jobs that
    /// are completed at the same moment share a transaction.
    ///
    /// - Returns: whether the claim was still held; else nothing has changed.
    package func complete(_ claim: JobClaim, results: [NewResult]) async throws -> Bool {
        try await completions.run(CompletionOrder(token: claim.token, call: claim.call.id, results: results))
    }

    /// processing -> failed.
    ///
    /// - Returns: whether the claim was still held; else nothing has changed.
    package func fail(_ claim: JobClaim, code: String, message: String) async throws -> Bool {
        try await database.asService(
            """
            with moved as (
                update jobs set status = 'failed', error_code = \(code), error_message = \(message), 
                    completed_at = now(), lease_owner = null, lease_until = null, event_sequence = event_sequence + 1
                where \(JobStatements.owned(by: claim.token)) returning *),
            call as (\(JobStatements.closeCall(claim.call.id, as: "failed", error: message, with: "moved"))),
            event as (\(JobStatements.statusEvent(of: "moved")))
            select from moved
            """)[0].count == 1
    }

    /// processing -> queued, due after `delay`.
    ///
    /// - Parameters:
    ///   - reason: a sentence for the job's owner.
    ///   - counts: whether this attempt is one of those the job has.
    ///   - call: whether the next attempt resumes the provider call or makes another, and whether there was one.
    /// - Returns: the wake-up to publish; nil when the claim was no longer held and nothing has changed.
    package func requeue(
        _ claim: JobClaim, after delay: Duration, reason: String?, counts: Bool, call: ProviderError.Call
    ) async throws -> WakeUp? {
        let wakeUp = WakeUp(job: claim.job.id, priority: claim.job.priority, delay: delay)
        let close: SQL =
            switch call {
            case .goesOn: "select"
            case .ended: JobStatements.closeCall(claim.call.id, as: "failed", error: reason, with: "moved")
            case .unmade: "delete from provider_calls where id = \(claim.call.id) and exists (select from moved)"
            }
        let moved = try await database.asService(
            """
            with moved as (
                update jobs set status = 'queued', error_message = \(reason), lease_owner = null, lease_until = null,
                    next_attempt_at = now() + \(delay), woken_at = now() + \(delay), 
                    forgiven = forgiven + \(counts ? 0 : 1), event_sequence = event_sequence + 1,
                    current_workflow_id = case when \(call == .goesOn) then current_workflow_id end
                where \(JobStatements.owned(by: claim.token)) returning *),
            call as (\(close)),
            event as (\(JobStatements.statusEvent(of: "moved"))),
            message as (\(JobStatements.wakeUps(of: "moved", id: "\(wakeUp.id)", delay: delay)))
            select from moved
            """)[0]
        return moved.count == 1 ? wakeUp : nil
    }
}
