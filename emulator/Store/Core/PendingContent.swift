import NIOCore

/// Bytes that are stored and that no object names yet. A transaction adopts it; otherwise it is discarded.
struct PendingContent: Sendable {
    let id: Int64
    let size: Int64
    let md5: [UInt8]
    /// The bytes themselves where they go into the database.
    let bytes: ByteBuffer?
    /// How many bytes at the beginning are not the object's: they belong to its encryption.
    var headerSize: Int64 = 0

    /// The object that consists of exactly this content.
    var segments: [Segment] {
        size == 0 ? [] : [Segment(content: id, offset: headerSize, length: size - headerSize)]
    }
}
