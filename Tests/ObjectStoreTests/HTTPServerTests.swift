import NIOCore
import NIOPosix
import Testing

@testable import ObjectStore

@Suite(.timeLimit(.minutes(1)))
struct HTTPServerTests {
    /// Answers with the size of the body.
    private struct Counter: HTTPResponder {
        func reply(to request: HTTPRequest) async -> HTTPReply {
            var count = 0
            do {
                while let bytes = try await request.body.next() { count += bytes.readableBytes }
            } catch { return HTTPReply(400) }
            return HTTPReply(200, body: .bytes(ByteBuffer(string: "\(count)")))
        }
    }

    /// What the server says to `text` until it closes the connection.
    private func answer(to text: String, idleTimeout: TimeAmount = .minutes(5)) async throws -> String {
        let (ports, port) = AsyncStream.makeStream(of: Int.self)
        var server = HTTPServer(host: "127.0.0.1", port: 0, responder: Counter()) { port.yield($0) }
        server.idleTimeout = idleTimeout
        return try await withThrowingTaskGroup { group in
            group.addTask { [server] in try await server.run() }
            var iterator = ports.makeAsyncIterator()
            let client = try await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
                .connect(host: "127.0.0.1", port: iterator.next(isolation: #isolation)!) { channel in
                    channel.eventLoop.makeCompletedFuture {
                        try NIOAsyncChannel<ByteBuffer, ByteBuffer>(wrappingChannelSynchronously: channel)
                    }
                }
            let answer = try await client.executeThenClose { inbound, outbound in
                try await outbound.write(ByteBuffer(string: text))
                var all = ByteBuffer()
                for try await var bytes in inbound { all.writeBuffer(&bytes) }
                return String(buffer: all)
            }
            group.cancelAll()
            return answer
        }
    }

    @Test func `answers one request after the other on a connection`() async throws {
        let one = "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\nabc"
        let last =
            "POST / HTTP/1.1\r\nHost: x\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n"
        let answer = try await answer(to: one + last)
        #expect(answer.components("HTTP/1.1 200 OK") == 2)
        #expect(answer.hasSuffix("5"))
    }

    @Test func `what came whole is answered before what is no request is refused`() async throws {
        let whole = "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\nabc"
        let answer = try await answer(to: whole + "d\u{1}\r\n\r\n")
        #expect(answer.hasPrefix("HTTP/1.1 200 OK"))
        #expect(answer.components("HTTP/1.1 ") == 2 && answer.components("HTTP/1.1 400 Bad Request") == 1)
    }

    @Test(arguments: ["Content-Length: -1", "Content-Length: ", "Content-Length: 3\r\nTransfer-Encoding: chunked", ":"])
    func `what is no request is refused`(header: String) async throws {
        let answer = try await answer(to: "POST / HTTP/1.1\r\nHost: x\r\n\(header)\r\n\r\nabc")
        #expect(answer.hasPrefix("HTTP/1.1 400 Bad Request"))
    }

    @Test func `a body that breaks off is answered too`() async throws {
        let answer = try await answer(
            to: "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\nzz\r\n")
        #expect(answer.hasPrefix("HTTP/1.1 400 Bad Request") && answer.components("HTTP/1.1 ") == 1)
    }

    @Test func `a connection on which nothing moves is given up`() async throws {
        let stalled = "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\na"
        // It may be closed even before everything was sent.
        do { _ = try await answer(to: stalled, idleTimeout: .milliseconds(100)) } catch ChannelError.ioOnClosedChannel {
        }
    }

    @Test func `a busy port is said with what to do`() async throws {
        let (ports, port) = AsyncStream.makeStream(of: Int.self)
        try await withThrowingTaskGroup { group in
            group.addTask {
                try await HTTPServer(host: "127.0.0.1", port: 0, responder: Counter()) { port.yield($0) }.run()
            }
            var iterator = ports.makeAsyncIterator()
            let taken = try #require(await iterator.next(isolation: #isolation))
            let second = HTTPServer(host: "127.0.0.1", port: taken, responder: Counter()) { _ in }
            await #expect { try await second.run() } throws: { "\($0)".contains("Name another port") }
            group.cancelAll()
        }
    }
}

extension String {
    /// How often `part` occurs.
    fileprivate func components(_ part: String) -> Int {
        indices.count { self[$0...].hasPrefix(part) }
    }
}
