internal import Cryptography
package import FoundationEssentials
internal import Postgres

/// A job that a worker has taken, with what it needs to go on where the last attempt stopped.
package struct JobClaim: Sendable {
    package var job: Job
    package var token: LeaseToken
    /// The provider call to make, or to resume.
    package var call: OpenCall
    package var image: InputImage?

    /// A provider call that has not ended.
    package struct OpenCall: Sendable, Hashable {
        package var id: UUID
        /// The provider's own id: present once an answer was recorded.
        package var requestID: String?
        /// When the intent was recorded.
        package var intendedAt: Date
        /// Whether an earlier attempt may have sent it already.
        package var isInherited: Bool
    }

    /// The picture to draw from.
    package struct InputImage: Sendable, Hashable {
        package var storageKey: String
        package var format: ImageFormat
        package var sha256: [UInt8]
    }

    init(row: PostgresRow, owner: UUID, newCall: UUID) throws {
        job = try Job(row: row)
        token = LeaseToken(job: job.id, attempt: job.attempts, owner: owner)
        let inherited: UUID? = try row["call_id"]
        call = OpenCall(
            id: inherited ?? newCall, requestID: try row["request_id"],
            intendedAt: try row["call_created_at", as: Date?.self] ?? Date(), isInherited: inherited != nil)
        if let key: String = try row["image_key"], let format: ImageFormat = try row["image_type"] {
            image = InputImage(storageKey: key, format: format, sha256: try row["image_sha256"])
        }
    }
}

extension ImageFormat: PostgresCodable {}
