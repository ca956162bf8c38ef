import HTTPClient
import HTTPTypes
import HummingbirdCore
import NIOCore
import Synchronization
import Testing

@Suite(.timeLimit(.minutes(1))) struct FailureTests {
    /// Accepts, and never answers.
    static let silent: TestServer.Responder = { _, _, _ in try await Task.sleep(for: .seconds(60)) }

    static func kind(_ request: HTTPClient.Request) async throws -> HTTPClientError.Kind {
        let client = HTTPClient()
        let error = try await #require(throws: HTTPClientError.self) {
            _ = try await client.execute(request).body.collect(upTo: 1 << 20)
        }
        return error.kind
    }

    @Test func `ends after the timeout of the whole exchange`() async throws {
        try await TestServer.run(Self.silent) { url in
            let kind = try await Self.kind(.init(.get, url, timeout: .milliseconds(100)))
            #expect(kind == .timeout)
        }
    }

    @Test func `ends when no byte moves for the idle timeout`() async throws {
        try await TestServer.run(Self.silent) { url in
            let kind = try await Self.kind(.init(.get, url, idleTimeout: .milliseconds(100)))
            #expect(kind == .idleTimeout)
        }
    }

    @Test func `does not call a slow body idle`() async throws {
        let drip: TestServer.Responder = { _, writer, _ in
            var body = try await writer.writeHead(HTTPResponse(status: .ok))
            for _ in 0..<6 {
                try await Task.sleep(for: .milliseconds(400))
                try await body.write(ByteBuffer(string: "x"))
            }
            try await body.finish(nil)
        }
        try await TestServer.run(drip) { url in
            let response = try await HTTPClient().execute(.init(.get, url, idleTimeout: .seconds(2)))
            #expect(try await response.body.collect(upTo: 10).count == 6)
        }
    }

    @Test func `says that nobody listens`() async throws {
        let error = try await #require(throws: HTTPClientError.self) {
            try await HTTPClient().execute(.init(.get, "http://127.0.0.1:1/"))
        }
        #expect(error.kind == .connectionFailed)
        #expect(error.wasNotSent)
    }

    @Test func `notices a server that dies in the middle of a body`() async throws {
        let die: TestServer.Responder = { _, writer, channel in
            var fields = HTTPFields()
            fields[.contentLength] = "1000"
            var body = try await writer.writeHead(HTTPResponse(status: .ok, headerFields: fields))
            try await body.write(ByteBuffer(string: "half"))
            try await channel.close()
        }
        try await TestServer.run(die) { url in
            let kind = try await Self.kind(.init(.get, url))
            #expect(kind == .connectionLost)
        }
    }

    @Test func `notices a server that dies before it answers`() async throws {
        try await TestServer.run({ _, _, channel in try await channel.close() }) { url in
            let kind = try await Self.kind(.init(.get, url))
            #expect(kind == .connectionLost)
        }
    }

    @Test func `ends at once when its task is canceled before the head`() async throws {
        let (reached, signal) = AsyncStream<Void>.makeStream()
        let hang: TestServer.Responder = { _, _, channel in
            signal.yield()
            try await channel.closeFuture.get()
        }
        try await TestServer.run(hang) { url in
            let client = HTTPClient()
            let result = await withThrowingTaskGroup(of: Int.self) { group in
                group.addTask { try await client.execute(.init(.get, url)).status }
                _ = await reached.first { _ in true }
                group.cancelAll()
                return await group.nextResult()
            }
            #expect(throws: CancellationError.self) { try result?.get() }
        }
    }

    @Test func `ends the transfer when its task is canceled in the body`() async throws {
        let (ended, end) = AsyncStream<Void>.makeStream()
        let drip: TestServer.Responder = { _, writer, _ in
            defer { end.yield() }
            var body = try await writer.writeHead(HTTPResponse(status: .ok))
            while true {
                try await body.write(ByteBuffer(string: "x"))
                try await Task.sleep(for: .milliseconds(5))
            }
        }
        try await TestServer.run(drip) { url in
            let client = HTTPClient()
            let (reached, signal) = AsyncStream<Void>.makeStream()
            let result = await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask {
                    let response = try await client.execute(.init(.get, url))
                    for try await _ in response.body { signal.yield() }
                }
                _ = await reached.first { _ in true }
                group.cancelAll()
                return await group.nextResult()
            }
            #expect(throws: CancellationError.self) { try result?.get() }
            _ = await ended.first { _ in true }
        }
    }

    @Test func `ends the transfer when the response is dropped unread`() async throws {
        let (ended, signal) = AsyncStream<Void>.makeStream()
        let endless: TestServer.Responder = { _, writer, channel in
            channel.closeFuture.whenComplete { _ in signal.yield() }
            var body = try await writer.writeHead(HTTPResponse(status: .ok))
            while true { try await body.write(ByteBuffer(repeating: 1, count: 10_000)) }
        }
        try await TestServer.run(endless) { url in
            let client = HTTPClient()
            let status = try await client.execute(.init(.get, url)).status
            #expect(status == 200)
            _ = await ended.first { _ in true }
        }
    }

    @Test func `fails what is under way when it is shut down`() async throws {
        try await TestServer.run({ _, writer, channel in
            var body = try await writer.writeHead(HTTPResponse(status: .ok))
            try await body.write(ByteBuffer(string: "x"))
            try await channel.closeFuture.get()
        }) { url in
            let client = HTTPClient()
            let response = try await client.execute(.init(.get, url))
            client.shutdown()
            let error = try await #require(throws: HTTPClientError.self) { try await response.body.collect(upTo: 10) }
            #expect(error.kind == .shutDown)
            let late = try await #require(throws: HTTPClientError.self) { try await client.execute(.init(.get, url)) }
            #expect(late.kind == .shutDown)
        }
    }

    @Test func `says that a plain port does not speak TLS`() async throws {
        try await TestServer.run({ _, writer, _ in try await writer.answer() }) { url in
            let secure = url.replacing("http://", with: "https://")
            let kind = try await Self.kind(.init(.get, secure))
            #expect(kind == .tls)
        }
    }

    /// libcurl by itself sends anything again when a connection from its pool turns out to be dead.
    @Test(arguments: [(HTTPMethod.post, 1), (.patch, 1), (.put, 2), (.get, 2)])
    func `sends again on another connection only what may happen twice`(method: HTTPMethod, times: Int) async throws {
        let count = Mutex(0)
        let server: TestServer.Responder = { request, writer, channel in
            _ = try await request.text()
            if request.uri.path == "/greet" { return try await writer.answer() }
            count.withLock { $0 += 1 }
            try await channel.close()
        }
        try await TestServer.run(server) { url in
            let client = HTTPClient()
            _ = try await client.execute(.init(.get, url + "/greet")).body.collect(upTo: 10)
            let body: HTTPClient.RequestBody = method == .get ? .none : .bytes(Array("pay".utf8))
            let error = try await #require(throws: HTTPClientError.self) {
                try await client.execute(.init(method, url + "/order", body: body))
            }
            #expect(error.kind == .connectionLost && !error.wasNotSent)
            #expect(count.withLock { $0 } == times)
        }
    }
}
