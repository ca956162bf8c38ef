import NIOCore
import NIOHTTP1

/// What the responder writes to a connection; one write each.
enum HTTPOutput: Sendable {
    /// A whole answer.
    case whole(HTTPResponseHead, ByteBuffer?)
    /// The beginning of a streamed answer; flushed at once.
    case head(HTTPResponseHead)
    /// A piece of it; flushed at once.
    case chunk(ByteBuffer)
    /// The end of a streamed answer.
    case end
}
