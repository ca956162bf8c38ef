import NIOCore

/// Bytes that are stored and that no object names yet. A transaction adopts it; otherwise it is discarded.
struct PendingContent: Sendable {
    let id: Int64
    let size: Int64
    let md5: [UInt8]
    /// The bytes themselves where they go into the database.
    let bytes: ByteBuffer?

    /// The object that consists of exactly this content.
    var segments: [Segment] { size == 0 ? [] : [Segment(content: id, offset: 0, length: size)] }
}
