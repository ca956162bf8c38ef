package import FoundationEssentials
package import JSON

/// A job that was asked for in a way that leaves nobody to answer, and that cannot be: it is kept as failed, to say so.
package struct RefusedJob: Sendable, Hashable {
    /// What is wrong; the job's error code.
    package enum Code: String, Sendable {
        /// The metadata of the upload that asks for the job.
        case invalidMetadata = "invalid_metadata"
        /// The picture itself.
        case uploadRejected = "upload_rejected"
    }

    package var prompt: String
    package var parameters: JSONObject
    package var workflowID: String?
    package var priority: JobPriority
    package var imageID: UUID?
    package var idempotencyKey: String?
    package var code: Code
    /// A sentence for whoever asked.
    package var reason: String

    /// A job that would have been, were it not for one thing.
    package init(_ job: NewJob, code: Code, reason: String) {
        self.init(
            prompt: job.prompt, parameters: job.parameters, workflowID: job.workflowID, priority: job.priority,
            imageID: job.imageID, idempotencyKey: job.idempotencyKey, code: code, reason: reason)
    }

    /// - Parameter prompt: shortened to what a job may have.
    package init(
        prompt: String, parameters: JSONObject, workflowID: String?, priority: JobPriority, imageID: UUID?,
        idempotencyKey: String?, code: Code, reason: String
    ) {
        self.prompt = String(prompt.prefix(JobRules.longestPrompt))
        self.parameters = parameters
        self.workflowID = workflowID
        self.priority = priority
        self.imageID = imageID
        self.idempotencyKey = idempotencyKey
        self.code = code
        self.reason = reason
    }
}
