import Glibc
import NIOCore
import NIOHTTP1

/// One client's connection: requests one after the other, each answered before the next is looked at.
///
/// Runs on the connection's event loop.
actor HTTPConnection {
    private nonisolated let channel: any Channel
    private let inbox: HTTPInbox
    private let responder: any HTTPResponder
    private let peer: String
    private nonisolated let executor: any SerialExecutor

    nonisolated var unownedExecutor: UnownedSerialExecutor { executor.asUnownedSerialExecutor() }

    init(channel: any Channel, inbox: HTTPInbox, responder: any HTTPResponder) {
        self.channel = channel
        self.inbox = inbox
        self.responder = responder
        peer = channel.remoteAddress?.ipAddress ?? ""
        executor = channel.eventLoop.executor
    }

    /// Ends the connection from outside.
    nonisolated func close() { channel.close(promise: nil) }

    /// Serves until either side closes.
    func serve() async {
        do {
            while let part = try await inbox.next() {
                guard case .head(let head) = part else { continue }
                guard try await answer(head) else { break }
            }
        } catch is HTTPParserError {
            // What is not HTTP is refused in its turn: what came whole before it is answered by now.
            let head = HTTPResponseHead(
                version: .http1_1, status: .badRequest, headers: ["Connection": "close", "Content-Length": "0"])
            channel.write(HTTPServerResponsePart.head(head), promise: nil)
            channel.writeAndFlush(HTTPServerResponsePart.end(nil), promise: nil)
        } catch {
            // The client went away: there is nobody left to tell.
        }
        channel.close(promise: nil)
    }

    /// Answers one request. False when the connection cannot go on.
    private func answer(_ head: HTTPRequestHead) async throws -> Bool {
        let channel = channel
        let version = head.version
        let expects = head.headers.first(name: "expect")?.lowercased() == "100-continue"
        let body = HTTPRequestBody(inbox: inbox, awaitsContinue: expects) {
            channel.writeAndFlush(
                HTTPServerResponsePart.head(HTTPResponseHead(version: version, status: .continue)), promise: nil)
        }
        let request = HTTPRequest(head: head, body: body, peer: peer, id: RequestID.next())
        var reply = await responder.reply(to: request)
        // Before anything is left of the body: a short rest is read over, a long one is not worth it, and a client that
        // still waits for `100 Continue` may send its body or not. A body that breaks off has had its answer in `reply`.
        let isClean = body.awaitsContinue ? body.isFinished : (try? await body.drain(limit: 256 << 10)) ?? false
        let keepAlive = head.isKeepAlive && isClean
        if !keepAlive { reply.headers.replaceOrAdd(name: "Connection", value: "close") }
        try await send(reply, version: version, isHead: head.method == .HEAD)
        return keepAlive
    }

    private func send(_ reply: HTTPReply, version: HTTPVersion, isHead: Bool) async throws {
        var head = HTTPResponseHead(version: version, status: HTTPResponseStatus(statusCode: reply.status))
        head.headers = reply.headers
        let bodyless = reply.status == 204 || reply.status == 304
        if let length = reply.contentLength, !bodyless, !head.headers.contains(name: "Content-Length") {
            head.headers.add(name: "Content-Length", value: String(length))
        }
        channel.write(HTTPServerResponsePart.head(head), promise: nil)
        if !isHead && !bodyless {
            switch reply.body {
            case .none: break
            case .bytes(let bytes): channel.write(HTTPServerResponsePart.body(.byteBuffer(bytes)), promise: nil)
            case .contents(let reader): try await send(reader)
            case .stream(let body):
                let channel = channel
                try await body(
                    HTTPReplyWriter { bytes in
                        try await channel.writeAndFlush(HTTPServerResponsePart.body(.byteBuffer(bytes)))
                    })
            }
        }
        let end = HTTPServerResponsePart.end(nil)
        // Waiting for a small answer to leave would cost a wake-up for nothing: the next request cannot come before it.
        channel.writeAndFlush(end, promise: nil)
    }

    private func send(_ reader: ContentReader) async throws {
        while let piece = try reader.nextPiece() {
            switch piece {
            case .bytes(let bytes):
                let part = HTTPServerResponsePart.body(.byteBuffer(bytes))
                if bytes.readableBytes > 64 << 10 {
                    try await channel.writeAndFlush(part)
                } else {
                    channel.write(part, promise: nil)
                }
            case .zeros(var count):
                while count > 0 {
                    let bytes = ByteBuffer(repeating: 0, count: Int(min(count, 256 << 10)))
                    count -= Int64(bytes.readableBytes)
                    try await channel.writeAndFlush(HTTPServerResponsePart.body(.byteBuffer(bytes)))
                }
            case .file(let descriptor, let offset, let length):
                // sendfile(2): the bytes never enter this process.
                let handle = NIOFileHandle(_deprecatedTakingOwnershipOfDescriptor: descriptor)
                defer { try? handle.close() }
                let region = FileRegion(fileHandle: handle, readerIndex: offset, endIndex: offset + length)
                try await channel.writeAndFlush(HTTPServerResponsePart.body(.fileRegion(region)))
            }
        }
    }
}
