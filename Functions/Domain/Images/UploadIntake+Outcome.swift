package import FoundationEssentials
package import FunctionRuntime

extension UploadIntake {
    /// How it ended.
    package enum Outcome: Sendable, Hashable {
        /// A picture; so many jobs that waited for it are queued.
        case ready(UUID, queued: Int)
        /// Not a picture this service takes; the jobs that waited for it have failed.
        case rejected(UUID, reason: String)
        /// A job was made of it, or had been.
        case job(UUID)
        /// It asks for a job that cannot be: there is one, which has failed and says why.
        case refused(job: UUID, reason: String)
        /// There is nobody who could be told but whoever reads the log.
        case ignored(reason: String)
        /// It was deleted before it was looked at.
        case gone
    }
}

extension UploadIntake.Outcome {
    /// Writes down what has become of the file at `key`: a warning where something is to be put right.
    package func write(_ key: String, to log: Log) {
        switch self {
        case .ready(let image, let queued):
            log.info("a picture has arrived", ["key": key, "imageId": image.text, "queuedJobs": "\(queued)"])
        case .rejected(let image, let reason):
            log.warning("a picture was rejected", ["key": key, "imageId": image.text, "reason": reason])
        case .job(let job):
            log.info("an upload has become a job", ["key": key, "jobId": job.text])
        case .refused(let job, let reason):
            log.warning("an upload asks for what cannot be", ["key": key, "jobId": job.text, "reason": reason])
        case .ignored(let reason):
            log.warning("an upload was left alone", ["key": key, "reason": reason])
        case .gone:
            log.info("an upload was deleted before it was looked at", ["key": key])
        }
    }
}
