package import FoundationEssentials
package import FunctionRuntime
internal import ObjectStorage

/// What happens to a file that has arrived below `uploads/`.
package struct UploadIntake: Sendable {
    /// How it ended.
    package enum Outcome: Sendable, Hashable {
        /// A picture; so many jobs that waited for it are queued.
        case ready(UUID, queued: Int)
        /// Not a picture this service takes; the jobs that waited for it have failed.
        case rejected(UUID, reason: String)
        /// A job was made of it, or had been.
        case job(UUID)
        /// Nobody announced it and it asks for nothing, or what it asks for cannot be done.
        case ignored(reason: String)
    }

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
            return .ignored(reason: "nobody announced it, and its metadata has no prompt")
        }
        guard let user else {
            return .ignored(
                reason: "its metadata has a prompt, but without DEVELOPMENT_USER there is nobody to act for")
        }
        let image = try await images.adopt(storageKey: object.key, filename: nil, user: user)
        let outcome = try await settle(image, object, log: log)
        guard case .ready = outcome else { return outcome }
        do {
            return .job(try await create(try metadata.job(drawingFrom: image), user: user, log: log))
        } catch let failure as Failure where failure.code == .invalid {
            return .ignored(reason: "its metadata does not make a job: \(failure.message)")
        } catch let failure as Failure where failure.code == .conflict {
            return .ignored(reason: "its event has already made another job: \(failure.message)")
        }
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
            return .ignored(reason: "it was deleted before it was looked at")
        }
        let sweep = try await sweeper.settleUpload(of: image)
        await queue.publish(sweep.wakeUps, log: log)
        await notifier.notify(sweep.moved, log: log)
        return rejection.map { .rejected(image, reason: $0) } ?? .ready(image, queued: sweep.wakeUps.count)
    }

    private func create(_ new: NewJob, user: UUID, log: Log) async throws -> UUID {
        switch try await jobs.create(try await workflows.fit(new, log: log), user: user) {
        case .created(let job, let wakeUp):
            if let wakeUp { await queue.publish([wakeUp], log: log) }
            return job.id
        case .replayed(let job): return job.id
        }
    }
}
