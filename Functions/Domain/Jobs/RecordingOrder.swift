internal import FoundationEssentials
internal import JSON
internal import Postgres

/// What a provider calls the request of a claim.
struct RecordingOrder: Sendable {
    var token: LeaseToken
    var call: UUID
    var requestID: String

    /// Records request ids, in one statement.
    ///
    /// - Returns: in the order of `orders`, what became of each.
    /// - Throws: `PostgresError.isUniqueViolation` when one of them is recorded for another call already.
    static func record(
        _ orders: [RecordingOrder], for lease: Duration, in database: Database
    ) async throws -> [JobLeases.Recording] {
        let rows = try await database.asService(statement(orders, for: lease))[0]
        var recordings: [UUID: JobLeases.Recording] = [:]
        for row in rows {
            let recorded: String? = try row["recorded"]
            let isHeld: Bool = try row["held"]
            recordings[try row["owner"]] =
                if let recorded, recorded != (try row["request"]) { .superseded(by: recorded) } else {
                    isHeld ? .recorded : .leaseLost
                }
        }
        return orders.map { recordings[$0.token.owner] ?? .leaseLost }
    }

    /// - Returns: the statement; each of its tables is reached by the keys of the orders, whatever the planner thinks of their sizes.
    static func statement(_ orders: [RecordingOrder], for lease: Duration) -> SQL {
        """
        with answered as (
            select * from jsonb_to_recordset(\(JSON.array(orders.map(\.json))))
                as r(id uuid, attempt integer, owner uuid, call uuid, request text)),
        noted as (
            update provider_calls set state = 'submitted', request_id = answered.request, submitted_at = now()
            from answered where provider_calls.id = any(\(orders.map(\.call))) and provider_calls.id = answered.call
                and state = 'intended'
            returning provider_calls.id, request_id),
        known as (
            select answered.*, coalesce(noted.request_id, (
                select request_id from provider_calls where provider_calls.id = answered.call)) as recorded
            from answered left join noted on noted.id = answered.call),
        held as (
            update jobs set provider_job_id = known.request, lease_until = now() + \(lease)
            from known where jobs.id = any(\(orders.map(\.token.job))) and jobs.id = known.id
                and status = 'processing' and attempts = known.attempt and lease_owner = known.owner
                and known.request = known.recorded
            returning known.owner)
        select owner, request, recorded, owner in (select owner from held) as held from known
        """
    }

    private var json: JSON {
        [
            "id": .string(token.job.text), "attempt": .integer(Int64(token.attempt)),
            "owner": .string(token.owner.text),
            "call": .string(call.text), "request": .string(requestID),
        ]
    }
}
