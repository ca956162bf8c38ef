internal import FoundationEssentials
internal import JSON
internal import Postgres

/// A job that a worker wants to take.
struct ClaimOrder: Sendable {
    var job: UUID
    /// The wake-up that led here.
    var message: UUID?
    /// Who draws jobs that have no workflow.
    var provider: String
    /// The process that takes it.
    var worker: UUID
    /// Whether that process works on nothing else meanwhile.
    var isAlone = false
    let owner = UUID()
    /// The id of the provider call, unless one is open already.
    let call = UUID.version7()

    /// Takes what can be taken, in one statement. Rows are locked in the order of their ids: two workers that want the same ones wait
    /// for each other, but not in a circle.
    ///
    /// - Returns: the claims in the order of `orders`; nil where there was nothing to take.
    static func take(
        _ orders: [ClaimOrder], for lease: Duration, in database: Database
    ) async throws -> [JobClaim?] {
        let rows = try await database.asService(statement(orders, for: lease))[0]
        var claims: [UUID: JobClaim] = [:]
        let calls = Dictionary(uniqueKeysWithValues: orders.map { ($0.owner, $0.call) })
        for row in rows {
            let owner: UUID = try row["lease_owner"]
            claims[owner] = try calls[owner].map { try JobClaim(row: row, owner: owner, newCall: $0) }
        }
        return orders.map { claims[$0.owner] }
    }

    /// - Returns: the statement; each of its tables is reached by the keys of the orders, whatever the planner thinks of their sizes.
    static func statement(_ orders: [ClaimOrder], for lease: Duration) -> SQL {
        """
        with wanted as (
            select * from jsonb_to_recordset(\(JSON.array(orders.map(\.json))))
                as r(id uuid, provider text, owner uuid, call uuid, worker uuid, alone boolean)),
        due as (
            select id, coalesce(current_workflow_id, workflow_id) as workflow, \(JobStatements.isSuspect) as suspect
            from jobs where id = any(\(orders.map(\.job))) and \(JobStatements.isDue) order by id for update),
        chosen as (
            select wanted.id, wanted.owner, wanted.call, wanted.worker, coalesce(
                (select provider from provider_calls where job_id = due.id and state in ('intended', 'submitted')
                    order by id desc limit 1),
                (select provider from workflows where id = due.workflow), wanted.provider) as provider
            from wanted join due using (id) where wanted.alone or not due.suspect),
        claimed as (
            update jobs set status = 'processing', attempts = attempts + 1, lease_owner = chosen.owner,
                lease_worker = chosen.worker, lease_shared = false, lease_until = now() + \(lease), provider = chosen.provider, 
                started_at = coalesce(started_at, now()), event_sequence = event_sequence + 1
            from chosen where jobs.id = chosen.id and jobs.status = 'queued'
            returning jobs.*, chosen.call),
        open_call as (
            select distinct on (job_id) provider_calls.* from provider_calls join claimed on claimed.id = job_id
            where provider_calls.provider = claimed.provider and state in ('intended', 'submitted')
            order by job_id, provider_calls.id desc),
        intent as (
            insert into provider_calls (id, job_id, user_id, attempt, provider, state)
            select call, id, user_id, attempts, provider, 'intended' from claimed
            where not exists (select from open_call where job_id = claimed.id)),
        event as (\(JobStatements.statusEvent(of: "claimed"))),
        heard as (delete from outbox where id = any(\(orders.compactMap(\.message))))
        select \(Job.columns(of: "claimed")), claimed.lease_owner, open_call.id as call_id, open_call.request_id,
            open_call.created_at as call_created_at, images.storage_key as image_key, 
            images.mime_type as image_type, images.sha256 as image_sha256
        from claimed left join open_call on open_call.job_id = claimed.id
            left join images on images.id = claimed.input_image_id
        """
    }

    private var json: JSON {
        [
            "id": .string(job.text), "provider": .string(provider), "owner": .string(owner.text),
            "call": .string(call.text), "worker": .string(worker.text), "alone": .bool(isAlone),
        ]
    }
}
