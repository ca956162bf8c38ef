package import FoundationEssentials
package import FunctionRuntime
internal import ObjectStorage

/// What happens to a file that has arrived below `uploads/`.
package struct UploadIntake: Sendable {
    private let images: ImageStore
    private let jobs: JobStore
    private let sweeper: JobSweeper
    private let pictures: Pictures
    private let queue: GenerateQueue
    private let notifier: JobNotifier
    private let workflows: JobWorkflows

    package init(
        _ database: Database, _ pictures: Pictures, _ queue: GenerateQueue, _ notifier: JobNotifier,
        _ workflows: JobWorkflows
    ) {
        images = ImageStore(database)
        jobs = JobStore(database)
        sweeper = JobSweeper(database)
        self.pictures = pictures
        self.queue = queue
        self.notifier = notifier
        self.workflows = workflows
    }

    /// - Parameter user: whose job an unannounced upload with a prompt becomes; nil where no such upload is taken.
    /// - Throws: `ObjectStorageError` or `Failure.unavailable` when another delivery may fare better.
    package func take(_ object: StoredObject, as user: UUID?, log: Log) async throws -> Outcome {
        if let image = try await images.find(storageKey: object.key), image.wasAnnounced {
            return try await settle(image.id, object, log: log)
        }
        guard let metadata = UploadMetadata(object) else {
            return .ignored(
                reason: "nobody announced it, and its metadata has no prompt; "
                    + "store it again with x-amz-meta-prompt or x-ms-meta-prompt, or announce it with POST /api/v1/uploads"
            )
        }
        guard let user else {
            return .ignored(
                reason:
                    "its metadata has a prompt, but there is nobody to act for; set DEVELOPMENT_USER and store it again"
            )
        }
        let image = try await images.adopt(storageKey: object.key, filename: nil, user: user)
        let outcome = try await settle(image, object, log: log)
        if outcome == .gone { return outcome }
        do {
            let new = try await workflows.fit(try metadata.job(drawingFrom: image), log: log)
            if case .rejected(_, let reason) = outcome {
                return try await refuse(RefusedJob(new, code: .uploadRejected, reason: reason), user: user)
            }
            return .job(try await create(new, user: user, log: log))
        } catch let failure as Failure where failure.code == .invalid {
            return try await refuse(metadata.refusedJob(drawingFrom: image, failure), user: user)
        } catch let failure as Failure where failure.code == .conflict {
            return .ignored(reason: "its event has already made another job; store it again for a new one")
        }
    }

    /// Whoever stores a file reads no log: what is wrong stands in a job of theirs that has failed.
    private func refuse(_ refused: RefusedJob, user: UUID) async throws -> Outcome {
        .refused(job: try await jobs.record(refused, user: user), reason: refused.reason)
    }

    /// Decides about a picture and moves the jobs on that wait for it.
    private func settle(_ image: UUID, _ object: StoredObject, log: Log) async throws -> Outcome {
        var rejection: String?
        do {
            try await images.accept(image, try await pictures.measure(object.key))
        } catch let refused as Pictures.Rejection {
            rejection = refused.reason
            try await images.reject(image, reason: refused.reason)
        } catch let error as ObjectStorageError where error.kind == .notFound {
            return .gone
        }
        let sweep = try await sweeper.settleUpload(of: image)
        await queue.publish(sweep.wakeUps, log: log)
        await notifier.notify(sweep.moved, log: log)
        return rejection.map { .rejected(image, reason: $0) } ?? .ready(image, queued: sweep.wakeUps.count)
    }

    private func create(_ new: NewJob, user: UUID, log: Log) async throws -> UUID {
        switch try await jobs.create(new, user: user) {
        case .created(let job, let wakeUp):
            if let wakeUp { await queue.publish([wakeUp], log: log) }
            return job.id
        case .replayed(let job): return job.id
        }
    }
}
