internal import FoundationEssentials
internal import Postgres

/// Another provider for a claimed job.
extension JobLeases {
    /// Ends the claim's provider call and records the intent of one by the next workflow of the job's chain, together: there is never
    /// more than one open call.
    ///
    /// - Parameter error: why the call did not work; it must have ended.
    /// - Returns: the claim with its new call; nil when it was no longer held and nothing has changed.
    package func fallBack(_ claim: JobClaim, to workflow: Workflow, error: ProviderError) async throws -> JobClaim? {
        var moved = claim
        moved.job.currentWorkflowID = workflow.id
        moved.job.provider = workflow.provider
        moved.job.providerJobID = nil
        moved.call = JobClaim.OpenCall(id: .version7(), requestID: nil, intendedAt: Date(), isInherited: false)
        let close: SQL =
            error.call == .unmade
            ? "delete from provider_calls where id = \(claim.call.id) and exists (select from moved)"
            : JobStatements.closeCall(claim.call.id, as: "failed", error: error.message, with: "moved")
        let rows = try await database.asService(
            """
            with moved as (
                update jobs set provider = \(workflow.provider), current_workflow_id = \(workflow.id), 
                    provider_job_id = null, lease_until = now() + \(lease)
                where \(JobStatements.owned(by: claim.token)) returning *),
            closed as (\(close)),
            intent as (
                insert into provider_calls (id, job_id, user_id, attempt, provider, state)
                select \(moved.call.id), id, user_id, attempts, provider, 'intended' from moved)
            select from moved
            """)[0]
        return rows.count == 1 ? moved : nil
    }
}
