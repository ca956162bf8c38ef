internal import FunctionRuntime

/// Where a job stands.
///
///     awaiting_upload ──> queued ──> processing ──> completed
///        │      │          ^  │        │  │  │
///        │      │          │  │        │  │  └────> failed     not retryable, attempts or time spent, poisonous
///        │      │          │  │        │  └───────> queued     retryable, or its lease was lost
///        │      │          │  └────────┴──────────> canceled   by its user; the provider is told
///        │      └──────────┼──────────────────────> failed     the upload never came, or was rejected
///        └─────────────────┼──────────────────────> canceled
///                          └── retried by its user, from failed | canceled
///
/// An upload to storage that asks for what cannot be is kept as a job that begins, and ends, as failed (`RefusedJob`).
///
/// Each transition is one UPDATE guarded by the state it leaves; the trigger `jobs_transition` of the schema refuses any other.
package enum JobState: String, Sendable, Codable, CaseIterable, ParameterValue {
    case awaitingUpload = "awaiting_upload"
    case queued
    case processing
    case completed
    case failed
    case canceled

    /// Whether a job in this state has ended; only a retry by its user moves it again.
    package var isTerminal: Bool { self == .completed || self == .failed || self == .canceled }

    /// The states a job may go to from this one.
    package var successors: Set<JobState> {
        switch self {
        case .awaitingUpload: [.queued, .canceled, .failed]
        case .queued: [.processing, .canceled]
        case .processing: [.completed, .failed, .queued, .canceled]
        case .failed, .canceled: [.queued]
        case .completed: []
        }
    }

    /// Whether a job may go from this state to `next`.
    package func mayBecome(_ next: JobState) -> Bool { successors.contains(next) }
}
