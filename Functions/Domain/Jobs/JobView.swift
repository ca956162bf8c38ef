package import FoundationEssentials
package import JSON
internal import ObjectStorage

/// A job as the API shows it.
package struct JobView: Codable, Sendable {
    package var id: UUID
    package var status: JobState
    package var prompt: String
    package var parameters: JSON
    package var workflowId: String?
    /// The workflow of its chain that draws the job instead; absent where it is the one that was asked for.
    package var drawnByWorkflowId: String?
    package var priority: JobPriority
    package var imageId: UUID?
    /// From 0 to 1.
    package var progress: Double
    /// Those that count against the job's limit: waiting for a provider's rate limit is none.
    package var attempts: Int
    package var errorCode: String?
    package var errorMessage: String?
    package var results: [ResultView]
    /// The picture as far as it is, while the job is drawn by a provider that shows it.
    package var preview: PreviewView?
    package var createdAt: Date
    package var startedAt: Date?
    package var completedAt: Date?
    package var processingTimeMs: Int64?
    /// Where to send the picture that the job waits for; only in the answer to its creation.
    package var upload: UploadView?

    /// A picture that the job has made.
    package struct ResultView: Codable, Sendable {
        package var imageId: UUID
        /// Signed: whoever has it may fetch the picture until `expiresAt`.
        package var url: String
        /// The same, for saving instead of showing.
        package var downloadUrl: String
        package var contentType: ImageFormat
        package var width: Int
        package var height: Int
        /// Bytes.
        package var size: Int64
        package var expiresAt: Date
    }

    /// A picture that is not finished.
    package struct PreviewView: Codable, Sendable {
        package var imageId: UUID
        /// Signed; gone once there is a newer one, or the job has ended.
        package var url: String
        package var width: Int
        package var height: Int
    }

    /// - Parameter upload: where to send the picture that the job waits for.
    package init(_ job: Job, results: [ResultView] = [], upload: UploadView? = nil) {
        id = job.id
        status = job.status
        prompt = job.prompt
        parameters = .object(job.parameters)
        workflowId = job.workflowID
        if job.currentWorkflowID != job.workflowID { drawnByWorkflowId = job.currentWorkflowID }
        priority = job.priority
        imageId = job.inputImageID
        progress = job.progress
        attempts = job.countedAttempts
        errorCode = job.errorCode
        errorMessage = job.errorMessage
        self.results = results
        createdAt = job.createdAt
        startedAt = job.startedAt
        completedAt = job.completedAt
        processingTimeMs = job.processingTime
        self.upload = upload
    }

    /// A job with signed addresses of its results.
    package init(_ record: JobRecord, _ pictures: Pictures) throws {
        let results = try record.results.enumerated().map { index, image in
            let shown = try pictures.address(of: image.storageKey)
            let name = "darkroom-\(record.job.id.text)-\(index + 1).\(image.format.fileExtension)"
            return ResultView(
                imageId: image.id, url: shown.url,
                downloadUrl: try pictures.address(of: image.storageKey, savedAs: name).url, contentType: image.format,
                width: image.width, height: image.height, size: image.size, expiresAt: shown.expires)
        }
        self.init(record.job, results: results)
        preview = try record.preview.map { image in
            PreviewView(
                imageId: image.id, url: try pictures.address(of: image.storageKey).url, width: image.width,
                height: image.height)
        }
    }
}
