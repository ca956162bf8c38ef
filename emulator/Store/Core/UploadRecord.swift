/// A multipart upload that was begun and neither completed nor aborted.
struct UploadRecord: Sendable {
    var id: String
    var bucket: Int64
    var key: String
    /// Milliseconds since 1970.
    var created: Int64
    /// What the object will have: headers, metadata, tags, checksum algorithm, who began it.
    var fields: FieldList
}

/// A part of a multipart upload.
struct PartRecord: Sendable {
    var number: Int64
    var size: Int64
    /// Hexadecimal MD5.
    var etag: String
    /// Milliseconds since 1970.
    var modified: Int64
    var segments: [Segment]
    /// Its checksums.
    var fields: FieldList
}

/// An Azure block that no block list has taken up yet.
struct BlockRecord: Sendable {
    /// The id as the client wrote it, in base64.
    var name: String
    var size: Int64
    var modified: Int64
    /// Hexadecimal MD5, and what the dialect adds.
    var etag: String
    var segments: [Segment]
}
