internal import Cryptography
internal import FoundationEssentials
internal import JSON
internal import Postgres

/// A job to insert, with the picture that is announced with it and the wake-up it gets.
struct NewJobOrder: Sendable {
    var job: NewJob
    var upload: NewUpload?
    var user: UUID
    var wakeUp: UUID

    /// Inserts jobs, each as its own user: one statement a user, one transaction in all.
    ///
    /// - Returns: the jobs in the order of `orders`; nil for one whose key was used before or whose picture cannot be used.
    static func insert(_ orders: [NewJobOrder], in database: Database) async throws -> [Job?] {
        let users = Dictionary(grouping: orders, by: \.user)
        let results = try await database.asUsers(users.map { (user: $0.key, statement: statement($0.value, $0.key)) })
        var jobs: [UUID: Job] = [:]
        for row in results.joined() {
            let job = try Job(row: row)
            jobs[job.id] = job
        }
        return orders.map { jobs[$0.job.id] }
    }

    /// A job begins as `queued` once its picture is there; with a picture that cannot be used it does not begin. Rows go in by the order
    /// of their keys: two transactions that insert the same ones wait for each other, but not in a circle.
    private static func statement(_ orders: [NewJobOrder], _ user: UUID) -> SQL {
        """
        with new as (
            select * from jsonb_to_recordset(\(JSON.array(orders.map(\.json)))) as r(id uuid, prompt text, workflow text,
                parameters jsonb, priority text, image uuid, key text, fingerprint text, message uuid,
                storage_key text, filename text)),
        job as (
            insert into jobs (id, user_id, status, prompt, workflow_id, parameters, priority, input_image_id,
                idempotency_key, idempotency_fingerprint, event_sequence, queued_at)
            select id, \(user), start.status, prompt, workflow, parameters, priority, image, key,
                decode(fingerprint, 'hex'), 1, case start.status when 'queued' then now() end
            from new cross join lateral (select case
                when storage_key is not null then 'awaiting_upload'
                when image is null then 'queued'
                else (select case images.status when 'ready' then 'queued' else 'awaiting_upload' end
                    from images where images.id = image and images.status <> 'rejected')
                end) as start(status)
            where start.status is not null order by key
            on conflict (user_id, idempotency_key) where idempotency_key is not null do nothing
            returning *),
        announced as (
            insert into images (id, user_id, kind, status, storage_key, original_filename)
            select new.image, job.user_id, 'input', 'awaiting_upload', new.storage_key, new.filename
            from job join new using (id) where new.storage_key is not null),
        event as (\(JobStatements.statusEvent(of: "job"))),
        started as (select job.*, new.message from job join new using (id) where job.status = 'queued'),
        message as (\(JobStatements.wakeUps(of: "started", id: "message")))
        select \(Job.columns(of: "job")) from job
        """
    }

    private var json: JSON {
        var members: JSONObject = [
            "id": .string(job.id.text), "prompt": .string(job.prompt), "parameters": .object(job.parameters),
            "priority": .string(job.priority.rawValue), "message": .string(wakeUp.text),
        ]
        if let workflow = job.workflowID { members["workflow"] = .string(workflow) }
        if let key = job.idempotencyKey {
            members["key"] = .string(key)
            members["fingerprint"] = .string(Hex.encode(job.fingerprint))
        }
        if let image = upload?.imageID ?? job.imageID { members["image"] = .string(image.text) }
        if let upload {
            members["storage_key"] = .string(upload.storageKey)
            if let filename = upload.filename { members["filename"] = .string(filename) }
        }
        return .object(members)
    }
}
