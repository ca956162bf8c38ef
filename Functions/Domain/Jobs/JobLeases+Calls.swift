package import FoundationEssentials
internal import Postgres

/// The two phases of a provider call.
extension JobLeases {
    /// What became of recording a provider's request id.
    package enum Recording: Sendable, Hashable {
        /// Recorded; the claim is held.
        case recorded
        /// Another worker's call for the same intent was recorded first: this one is an extra and wants cancelling.
        case superseded(by: String)
        /// Another job has recorded this very call as its own.
        case taken
        /// Recorded, but the job has moved on: canceled, or taken by another worker.
        case leaseLost
    }

    /// Says that the intent is about to be sent once more, because nobody knows what became of the first time.
    ///
    /// - Returns: whether the claim is still held; else it must not be sent.
    package func recordResubmission(_ claim: JobClaim) async throws -> Bool {
        try await database.asService(
            """
            update provider_calls set submissions = submissions + 1
            where id = \(claim.call.id) and state = 'intended' 
                and exists (select from jobs where \(JobStatements.owned(by: claim.token)))
            """)[0].affected == 1
    }

    /// Records what the provider calls the request. That it exists is a fact whoever holds the job, so this alone needs no lease.
    package func record(_ requestID: String, for claim: JobClaim) async throws -> Recording {
        do {
            return try await recordings.run(
                RecordingOrder(token: claim.token, call: claim.call.id, requestID: requestID))
        } catch let error as PostgresError where error.isUniqueViolation {
            return .taken
        }
    }

    /// Which of these request ids are recorded already.
    package func recorded(_ requestIDs: [String], by provider: String) async throws -> Set<String> {
        let rows = try await database.asService(
            "select request_id from provider_calls where provider = \(provider) and request_id = any(\(requestIDs))")[0]
        return Set(try rows.map { row in try row["request_id", as: String.self] })
    }

    /// A provider call that goes on although its job has ended.
    package struct Stray: Sendable, Hashable {
        package var call: UUID
        package var provider: String
        /// The provider's own id; nil while its answer is awaited.
        package var requestID: String?
    }

    /// The calls that still run, or may, for a job that was canceled or failed.
    package func strays(of job: UUID) async throws -> [Stray] {
        try await database.asService(
            """
            select provider_calls.id, provider_calls.provider, request_id from provider_calls 
            join jobs on jobs.id = job_id
            where job_id = \(job) and jobs.status in ('canceled', 'failed') and state in ('intended', 'submitted')
            """
        )[0].map { row in
            Stray(call: try row["id"], provider: try row["provider"], requestID: try row["request_id"])
        }
    }

    /// Notes that the provider was told to stop a call.
    package func recordCancel(of call: UUID) async throws {
        try await database.asService(
            """
            update provider_calls set state = 'canceled', finished_at = now()
            where id = \(call) and state in ('intended', 'submitted')
            """)
    }

    /// The job's state now.
    package func state(of job: UUID) async throws -> JobState? {
        try await database.asService("select status from jobs where id = \(job)")[0].first?["status"]
    }
}
