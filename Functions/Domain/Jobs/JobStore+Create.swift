package import FoundationEssentials
internal import FunctionRuntime
internal import JSON
internal import Postgres

extension JobStore {
    /// What `create` did.
    package enum Creation: Sendable {
        /// A new job. Its wake-up is committed and wants publishing; there is none while it waits for an upload.
        case created(Job, WakeUp?)
        /// The same request was made before with the same key: this is what has become of it.
        case replayed(Job)
    }

    /// Creates a job, its first event and its wake-up: one statement, one round trip.
    ///
    /// - Parameter upload: the picture that is announced together with the job, when it draws from one yet to come.
    /// - Throws: `Failure.conflict` when the idempotency key was used for another request; `Failure.invalid` when the picture is
    ///   not there or was rejected.
    package func create(_ new: NewJob, announcing upload: NewUpload? = nil, user: UUID) async throws -> Creation {
        let wakeUp = WakeUp(job: new.id, priority: new.priority)
        let statement = Self.insert(new, announcing: upload, user: user, wakeUp: wakeUp)
        if let row = try await database.asUser(user, statement)[0].first {
            let job = try Job(row: row)
            return .created(job, job.status == .queued ? wakeUp : nil)
        }
        return try await explain(new, user: user)
    }

    private static func insert(_ new: NewJob, announcing upload: NewUpload?, user: UUID, wakeUp: WakeUp) -> SQL {
        let announced: SQL? = upload.map { "image as (\(ImageStore.announcement($0, from: "job")))," }
        return """
            with job as (
                insert into jobs (id, user_id, status, prompt, workflow_id, parameters, priority, input_image_id,
                    idempotency_key, idempotency_fingerprint, event_sequence, queued_at)
                select \(new.id), \(user), start.status, \(new.prompt), \(new.workflowID), \(JSON.object(new.parameters)),
                    \(new.priority), \(upload?.imageID ?? new.imageID), \(new.idempotencyKey), 
                    \(new.idempotencyKey.map { _ in new.fingerprint }), 1,
                    case start.status when 'queued' then now() end
                from \(start(new, announcing: upload)) as start
                on conflict (user_id, idempotency_key) where idempotency_key is not null do nothing
                returning *),
            \(announced ?? "")
            event as (\(JobStatements.statusEvent(of: "job"))),
            message as (\(JobStatements.wakeUp(wakeUp.id, of: "job", where: "status = 'queued'")))
            select \(Job.columns(of: "job")) from job
            """
    }

    /// The state a job begins in, as a table of one row, or of none when its picture cannot be used.
    private static func start(_ new: NewJob, announcing upload: NewUpload?) -> SQL {
        if upload != nil { return "(select 'awaiting_upload' as status)" }
        guard let image = new.imageID else { return "(select 'queued' as status)" }
        return """
            (select case status when 'ready' then 'queued' else 'awaiting_upload' end as status from images
            where id = \(image) and status <> 'rejected')
            """
    }

    /// Why nothing was inserted: the key was used before, or the picture cannot be used.
    private func explain(_ new: NewJob, user: UUID) async throws -> Creation {
        if let key = new.idempotencyKey {
            let used = try await database.asUser(
                user,
                """
                select \(Job.columns(of: "jobs")), idempotency_fingerprint from jobs
                where user_id = \(user) and idempotency_key = \(key)
                """)[0].first
            if let used {
                guard try used["idempotency_fingerprint", as: [UInt8].self] == new.fingerprint else {
                    throw Failure.conflict(
                        "the Idempotency-Key \"\(key)\" was already used for another request; use a new key for a new job"
                    )
                }
                return .replayed(try Job(row: used))
            }
        }
        guard let image = new.imageID else { throw Failure.internal("a job without a picture was not inserted") }
        let found = try await database.asUser(user, "select rejection from images where id = \(image)")[0].first
        guard let found else { throw Failure.invalid("names no picture of yours", field: "imageId") }
        let reason = try found["rejection", as: String?.self] ?? "it was rejected"
        throw Failure.invalid("cannot be used: \(reason)", field: "imageId")
    }
}
