package import FoundationEssentials
internal import Postgres

/// What the news that a provider call has ended does. It never ends a job by itself: whoever works on the job looks for the truth at
/// the provider, at once instead of later. So it may come twice, late, or in any order.
package struct CallEndings: Sendable {
    private let database: Database

    package init(_ database: Database) {
        self.database = database
    }

    /// Whose call ended.
    package struct Ending: Sendable, Hashable {
        package var job: UUID
        /// Where nobody works on the job and it was to wait: the wake-up that has it resumed now.
        package var wakeUp: WakeUp?
    }

    /// Finds the open call and makes its job due.
    ///
    /// - Parameters:
    ///   - requestID: as the provider knows it; what we recorded may have a path before it.
    ///   - job: the job that the address of the call-back named; nil finds the call by its id alone.
    ///   - call: the call that it named.
    /// - Returns: nil when no call of that id is open: it has been seen to its end, or is not ours.
    package func note(_ provider: String, _ requestID: String, job: UUID?, call: UUID?) async throws -> Ending? {
        // No call has an id that Postgres cannot keep.
        guard !requestID.utf8.contains(0) else { return nil }
        if let job, let call { try await adopt(provider, requestID, job: job, call: call) }
        let wakeUp = UUID.version7()
        let row = try await database.asService(
            """
            with ended as (
                select job_id from provider_calls
                where provider = \(provider) and state = 'submitted' and (\(Self.isCall(requestID, of: job))) limit 1),
            moved as (
                update jobs set next_attempt_at = now(), woken_at = now()
                where id = (select job_id from ended) and status = 'queued' and next_attempt_at > now()
                returning *),
            message as (\(JobStatements.wakeUps(of: "moved", id: "\(wakeUp)")))
            select job_id, moved.priority from ended left join moved on true
            """)[0].first
        guard let row else { return nil }
        let id: UUID = try row["job_id"]
        let priority: JobPriority? = try row["priority"]
        return Ending(job: id, wakeUp: priority.map { WakeUp(id: wakeUp, job: id, priority: $0) })
    }

    /// Records the id of a call whose answer was lost.
    private func adopt(_ provider: String, _ requestID: String, job: UUID, call: UUID) async throws {
        do {
            try await database.asService(
                """
                update provider_calls set state = 'submitted', request_id = \(requestID), submitted_at = now()
                where id = \(call) and job_id = \(job) and provider = \(provider) and state = 'intended'
                """)
        } catch let error as PostgresError where error.isUniqueViolation {
            // It is another job's: the address was not the one that this call was given.
        }
    }

    private static func isCall(_ requestID: String, of job: UUID?) -> SQL {
        guard let job else { return "request_id = \(requestID)" }
        return """
            job_id = \(job) and (request_id = \(requestID) or
                right(request_id, length(\(requestID)) + 1) = '/' || \(requestID))
            """
    }
}
