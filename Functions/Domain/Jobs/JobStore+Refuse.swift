package import FoundationEssentials
internal import FunctionRuntime
internal import JSON
internal import Postgres

extension JobStore {
    /// Keeps a job that cannot be, as failed, as the service. The same key again changes nothing.
    ///
    /// - Returns: the id of the job with that key.
    package func record(_ refused: RefusedJob, user: UUID) async throws -> UUID {
        let results = try await database.asService(
            """
            with job as (
                insert into jobs (id, user_id, status, prompt, workflow_id, parameters, priority, input_image_id,
                    idempotency_key, idempotency_fingerprint, event_sequence, error_code, error_message, completed_at)
                values (\(UUID.version7()), \(user), 'failed', \(refused.prompt), \(refused.workflowID),
                    \(JSON.object(refused.parameters)), \(refused.priority), \(refused.imageID), \(refused.idempotencyKey), '',
                    1, \(refused.code.rawValue), \(refused.reason), now())
                on conflict (user_id, idempotency_key) where idempotency_key is not null do nothing
                returning *),
            event as (\(JobStatements.statusEvent(of: "job")))
            select id from job
            """,
            "select id from jobs where user_id = \(user) and idempotency_key = \(refused.idempotencyKey)")
        guard let row = results.lazy.compactMap(\.first).first else {
            throw Failure.internal("a refused job was neither inserted nor found")
        }
        return try row["id"]
    }
}
