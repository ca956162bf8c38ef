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

    /// Creates a job, its first event and its wake-up together. Jobs that are created at the same moment share a transaction.
    ///
    /// - Parameter upload: the picture that is announced together with the job, when it draws from one yet to come.
    /// - Throws: `Failure.conflict` when the idempotency key was used for another request; `Failure.invalid` when the picture is
    ///   not there or was rejected.
    package func create(_ new: NewJob, announcing upload: NewUpload? = nil, user: UUID) async throws -> Creation {
        let wakeUp = WakeUp(job: new.id, priority: new.priority)
        let order = NewJobOrder(job: new, upload: upload, user: user, wakeUp: wakeUp.id)
        guard let job = try await creations.run(order) else { return try await explain(new, user: user) }
        return .created(job, job.status == .queued ? wakeUp : nil)
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
