/// One version of one object, as both dialects see it.
struct ObjectRecord: Sendable {
    enum Kind: Int64, Sendable {
        case object = 0
        /// What a delete leaves in a versioned bucket.
        case deleteMarker = 1
        /// An Azure snapshot: read-only, beside the current blob.
        case snapshot = 2
        /// An Azure blob that was deleted and is kept for a while.
        case deleted = 3
        /// An Azure snapshot that was deleted, or what was overwritten, and is kept for a while.
        case deletedSnapshot = 4
    }

    var bucket: Int64
    var key: String
    /// Grows with every write in the store; orders the versions of a key.
    var version: Int64
    /// What clients call the version; nil where the bucket was not versioned (S3's `null` version).
    var versionName: String?
    var kind: Kind = .object
    var size: Int64
    /// S3's entity tag, without quotes.
    var etag: String
    /// Milliseconds since 1970.
    var modified: Int64
    /// Changes with every change that Azure's ETag shows, metadata included.
    var revision: Int64
    var segments: [Segment]
    var fields: FieldList
}
