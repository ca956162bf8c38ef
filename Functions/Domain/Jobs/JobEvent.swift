package import FoundationEssentials
package import JSON
internal import Postgres

/// One thing that happened to a job.
package struct JobEvent: Sendable, Hashable {
    /// What kind of thing.
    package enum Kind: String, Sendable, Codable, PostgresCodable {
        /// It entered a state: `{"status":…,"attempt":…}`, with `errorCode` and `errorMessage` after a failure.
        case status
        /// It came further: `{"progress":0.4}`.
        case progress
        /// There is a newer preview: `{"imageId":…}`. It is gone once there is another, or the job has ended.
        case preview
    }

    /// Counts from 1 within its job, without gaps.
    package var sequence: Int
    package var kind: Kind
    package var data: JSON
    package var at: Date

    init(row: PostgresRow) throws {
        sequence = try row["sequence"]
        kind = try row["type"]
        data = try row["data"]
        at = try row["at"]
    }
}
