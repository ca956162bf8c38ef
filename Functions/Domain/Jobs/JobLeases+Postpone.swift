package import FoundationEssentials
internal import Postgres

/// Jobs whose turn has not come.
extension JobLeases {
    /// Lets a queued job wait longer, because its provider has no place for it: nothing happens to it that its owner would see. One
    /// that has a call at the provider is not kept from it, and one whose time would run out meanwhile is for the worker to end.
    ///
    /// - Parameters:
    ///   - message: the wake-up that led here; its outbox row has done its work.
    ///   - provider: only where this one is to draw the job; nil: whoever is.
    ///   - unlessItFallsBack: only where no other workflow may draw instead.
    /// - Returns: the wake-up to publish; nil when the job does not wait, or may not.
    package func postpone(
        _ job: UUID, message: UUID?, after delay: Duration, at provider: String? = nil, unlessItFallsBack: Bool = false
    ) async throws -> WakeUp? {
        let id = UUID.version7()
        let row = try await database.asService(
            """
            with moved as (
                update jobs set next_attempt_at = now() + \(delay), woken_at = now() + \(delay)
                where id = \(job) and \(JobStatements.isDue)
                    and coalesce(queued_at, created_at) + \(JobRules.wallTime) > now() + \(delay)
                    and not exists (select from provider_calls
                        where job_id = jobs.id and state in ('intended', 'submitted'))
                    and \(Self.isDrawn(by: provider, unlessItFallsBack))
                returning *),
            message as (\(JobStatements.wakeUps(of: "moved", id: "\(id)", delay: delay))),
            heard as (delete from outbox where id = \(message) and exists (select from moved))
            select priority from moved
            """)[0].first
        return try row.map { row in WakeUp(id: id, job: job, priority: try row["priority"], delay: delay) }
    }

    private static func isDrawn(by provider: String?, _ unlessItFallsBack: Bool) -> SQL {
        guard let provider else { return "true" }
        return """
            exists (select from workflows where id = coalesce(jobs.current_workflow_id, jobs.workflow_id) 
                and workflows.provider = \(provider) and not (\(unlessItFallsBack) and fallbacks <> '{}'))
            """
    }
}
