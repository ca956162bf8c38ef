package import FoundationEssentials
package import JSON
internal import Postgres

/// A job as its row holds it.
package struct Job: Sendable, Hashable {
    package var id: UUID
    package var userID: UUID
    package var status: JobState
    package var prompt: String
    package var parameters: JSONObject
    /// The workflow that was asked for.
    package var workflowID: String?
    /// The workflow that draws now, where it is a fallback of that.
    package var currentWorkflowID: String?
    package var priority: JobPriority
    package var inputImageID: UUID?
    package var resultImageIDs: [UUID]
    /// Claims so far; with `leaseOwner` the fencing token.
    package var attempts: Int
    package var maxAttempts: Int
    /// Attempts that do not count against `maxAttempts`.
    package var forgiven: Int
    /// From 0 to 1.
    package var progress: Double
    package var errorCode: String?
    package var errorMessage: String?
    package var provider: String?
    package var providerJobID: String?
    package var nextAttemptAt: Date
    package var processingTime: Int64?
    package var createdAt: Date
    package var queuedAt: Date?
    package var startedAt: Date?
    package var completedAt: Date?
    /// Number of its newest event.
    package var eventSequence: Int

    /// How many of its attempts count so far.
    package var countedAttempts: Int { attempts - forgiven }
}

extension Job {
    /// The columns `init(row:)` reads, of the table or alias `source`.
    static func columns(of source: String) -> SQL {
        let names = [
            "id", "user_id", "status", "prompt", "parameters", "workflow_id", "current_workflow_id", "priority",
            "input_image_id",
            "result_image_ids", "attempts", "max_attempts", "forgiven", "progress", "error_code", "error_message",
            "provider", "provider_job_id", "next_attempt_at", "processing_time_ms", "created_at", "queued_at",
            "started_at",
            "completed_at", "event_sequence",
        ]
        return SQL(raw: names.map { "\(source).\($0)" }.joined(separator: ", "))
    }

    init(row: PostgresRow) throws {
        id = try row["id"]
        userID = try row["user_id"]
        status = try row["status"]
        prompt = try row["prompt"]
        parameters = try row["parameters", as: JSON.self].object ?? [:]
        workflowID = try row["workflow_id"]
        currentWorkflowID = try row["current_workflow_id"]
        priority = try row["priority"]
        inputImageID = try row["input_image_id"]
        resultImageIDs = try row["result_image_ids"]
        attempts = try row["attempts"]
        maxAttempts = try row["max_attempts"]
        forgiven = try row["forgiven"]
        progress = try row["progress"]
        errorCode = try row["error_code"]
        errorMessage = try row["error_message"]
        provider = try row["provider"]
        providerJobID = try row["provider_job_id"]
        nextAttemptAt = try row["next_attempt_at"]
        processingTime = try row["processing_time_ms"]
        createdAt = try row["created_at"]
        queuedAt = try row["queued_at"]
        startedAt = try row["started_at"]
        completedAt = try row["completed_at"]
        eventSequence = try row["event_sequence"]
    }
}

extension JobState: PostgresCodable {}
extension JobPriority: PostgresCodable {}
