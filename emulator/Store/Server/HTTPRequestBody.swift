import NIOCore
import NIOHTTP1

/// The body of one request, as it arrives.
///
/// Unchecked: used on the connection's event loop only.
final class HTTPRequestBody: @unchecked Sendable {
    enum Failure: Error {
        /// The client went away in the middle.
        case incomplete
    }

    private let inbox: HTTPInbox?
    private let sendContinue: () -> Void
    /// What there is without a connection.
    private var rest: ByteBuffer?
    /// Whether the client waits for `100 Continue` before it sends anything.
    private(set) var awaitsContinue: Bool
    private(set) var isFinished = false
    /// Fields after the last chunk.
    private(set) var trailers = HTTPHeaders()

    init(inbox: HTTPInbox, awaitsContinue: Bool, sendContinue: @escaping () -> Void) {
        self.inbox = inbox
        self.awaitsContinue = awaitsContinue
        self.sendContinue = sendContinue
    }

    /// The body of a request that has none, or that came inside another one's body.
    init(_ bytes: ByteBuffer = ByteBuffer()) {
        inbox = nil
        sendContinue = {}
        awaitsContinue = false
        rest = bytes
    }

    /// The next bytes; nil at the end. The first call tells a client that waits for it to go on.
    func next() async throws -> ByteBuffer? {
        if isFinished { return nil }
        guard let inbox else {
            isFinished = true
            defer { rest = nil }
            return rest.flatMap { $0.readableBytes > 0 ? $0 : nil }
        }
        if awaitsContinue {
            awaitsContinue = false
            sendContinue()
        }
        let part: HTTPServerRequestPart?
        do { part = try await inbox.next() } catch {
            // The parser's complaint about a connection that ended too early.
            throw Failure.incomplete
        }
        switch part {
        case .body(let bytes): return bytes
        case .end(let trailers):
            isFinished = true
            if let trailers { self.trailers = trailers }
            return nil
        case .head, nil: throw Failure.incomplete
        }
    }

    /// Reads and forgets up to `limit` bytes. Whether the end was reached.
    func drain(limit: Int) async throws -> Bool {
        var left = limit
        while left >= 0 {
            guard let bytes = try await next() else { return true }
            left -= bytes.readableBytes
        }
        return false
    }
}
