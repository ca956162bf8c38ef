import NIOCore
import NIOHTTP1

/// What a dialect answers.
struct HTTPReply {
    enum Body {
        case none
        case bytes(ByteBuffer)
        /// Sent as it is read; files without being copied.
        case contents(ContentReader)
        /// Written piece by piece with chunked framing; for answers without an end.
        case stream(@Sendable (HTTPReplyWriter) async throws -> Void)
    }

    var status: Int
    var headers: HTTPHeaders
    var body: Body

    init(_ status: Int, _ headers: HTTPHeaders = HTTPHeaders(), body: Body = .none) {
        self.status = status
        self.headers = headers
        self.body = body
    }

    /// Bytes of the body, where they are known.
    var contentLength: Int64? {
        switch body {
        case .none: 0
        case .bytes(let bytes): Int64(bytes.readableBytes)
        case .contents(let reader): reader.byteCount
        case .stream: nil
        }
    }
}

/// Where an endless answer is written to.
struct HTTPReplyWriter: Sendable {
    let write: @Sendable (ByteBuffer) async throws -> Void
}

/// A dialect: turns each request into one answer, errors included.
protocol HTTPResponder: Sendable {
    func reply(to request: HTTPRequest) async -> HTTPReply
}
