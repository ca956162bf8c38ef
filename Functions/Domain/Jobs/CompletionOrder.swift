internal import FoundationEssentials
internal import JSON
internal import Postgres

/// A job whose results are stored.
struct CompletionOrder: Sendable {
    var token: LeaseToken
    var call: UUID
    var results: [NewResult]

    /// Completes jobs with their results, in one statement.
    ///
    /// - Returns: in the order of `orders`, whether the claim was still held; where not, nothing of it has changed.
    static func record(_ orders: [CompletionOrder], in database: Database) async throws -> [Bool] {
        let rows = try await database.asService(statement(orders))[0]
        let completed = Set(try rows.map { row in try row["owner", as: UUID.self] })
        return orders.map { completed.contains($0.token.owner) }
    }

    /// - Returns: the statement; each of its tables is reached by the keys of the orders, whatever the planner thinks of their sizes.
    static func statement(_ orders: [CompletionOrder]) -> SQL {
        """
        with done as (
            select * from jsonb_to_recordset(\(JSON.array(orders.map(\.json))))
                as r(id uuid, attempt integer, owner uuid, call uuid, image_ids uuid[], images jsonb)),
        moved as (
            update jobs set status = 'completed', progress = 1, result_image_ids = image_ids, 
                completed_at = now(), lease_owner = null, lease_until = null, error_message = null,
                processing_time_ms = extract(epoch from now() - started_at) * 1000,
                event_sequence = event_sequence + 1
            from done where jobs.id = any(\(orders.map(\.token.job))) and jobs.id = done.id 
                and status = 'processing' and attempts = done.attempt and lease_owner = done.owner
            returning jobs.*, done.owner, done.call, done.images),
        image as (
            insert into images (id, user_id, kind, status, storage_key, mime_type, file_size, width, height, 
                sha256, metadata)
            select r.id, moved.user_id, 'output', 'ready', r.key, r.type, r.size, r.width, r.height,
                decode(r.sha256, 'hex'), jsonb_build_object('jobId', moved.id)
            from moved, jsonb_to_recordset(moved.images) as r(id uuid, key text, type text, size bigint,
                width integer, height integer, sha256 text)),
        closed as (
            update provider_calls set state = 'succeeded', finished_at = now() from moved
            where provider_calls.id = moved.call and state in ('intended', 'submitted')),
        event as (\(JobStatements.statusEvent(of: "moved")))
        select owner from moved
        """
    }

    private var json: JSON {
        [
            "id": .string(token.job.text), "attempt": .integer(Int64(token.attempt)),
            "owner": .string(token.owner.text),
            "call": .string(call.text), "image_ids": .array(results.map { .string($0.image.id.text) }),
            "images": .array(results.map(\.json)),
        ]
    }
}
