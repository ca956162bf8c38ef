package import FoundationEssentials
internal import Postgres

/// A picture as its row holds it.
package struct Image: Sendable, Hashable {
    package var id: UUID
    package var userID: UUID
    /// `input`, `output` or `preview`.
    package var kind: String
    package var status: ImageState
    package var filename: String?
    package var storageKey: String
    package var format: ImageFormat?
    /// Bytes.
    package var size: Int64?
    package var width: Int?
    package var height: Int?
    package var rejection: String?
    package var createdAt: Date

    /// Whether its upload was announced through the API; then its key is the one the announcement gave it.
    package var wasAnnounced: Bool { storageKey == NewUpload.storageKey(of: id, user: userID) }

    static var columns: SQL {
        """
        id, user_id, kind, status, original_filename, storage_key, mime_type, file_size, width, height, rejection, created_at
        """
    }

    init(row: PostgresRow) throws {
        id = try row["id"]
        userID = try row["user_id"]
        kind = try row["kind"]
        status = try row["status"]
        filename = try row["original_filename"]
        storageKey = try row["storage_key"]
        format = try row["mime_type"]
        size = try row["file_size"]
        width = try row["width"]
        height = try row["height"]
        rejection = try row["rejection"]
        createdAt = try row["created_at"]
    }
}

extension ImageState: PostgresCodable {}
