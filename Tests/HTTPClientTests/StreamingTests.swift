import Glibc
import HTTPTypes
import HummingbirdCore
import NIOCore
import Testing

@testable import HTTPClient

@Suite(.timeLimit(.minutes(1))) struct StreamingTests {
    struct Broken: Error, Equatable {}

    static let count: TestServer.Responder = { request, writer, _ in
        let length = request.headers[.contentLength] ?? "chunked"
        var bytes = 0
        for try await part in request.body { bytes += part.readableBytes }
        try await writer.answer(.ok, "\(length) \(bytes)")
    }

    static func chunks(_ count: Int, of size: Int) -> AsyncStream<[UInt8]> {
        AsyncStream { continuation in
            for index in 0..<count { continuation.yield([UInt8](repeating: UInt8(index % 256), count: size)) }
            continuation.finish()
        }
    }

    /// Whether `chunk` is what an endlessly repeated `pattern` has at `position`.
    static func isRepeated(_ pattern: [UInt8], _ chunk: [UInt8], from position: Int) -> Bool {
        chunk.withUnsafeBytes { chunk in
            pattern.withUnsafeBytes { pattern in
                var index = 0
                while index < chunk.count {
                    let start = (position + index) % pattern.count
                    let count = min(pattern.count - start, chunk.count - index)
                    if memcmp(chunk.baseAddress! + index, pattern.baseAddress! + start, count) != 0 { return false }
                    index += count
                }
                return true
            }
        }
    }

    @Test(arguments: [(nil, "chunked 6400000"), (6_400_000, "6400000 6400000")] as [(Int?, String)])
    func `sends a stream, with and without a length`(length: Int?, answer: String) async throws {
        try await TestServer.run(Self.count) { url in
            let body = HTTPClient.RequestBody.stream(Self.chunks(100, of: 64_000), length: length)
            let response = try await HTTPClient().execute(.init(.put, url, body: body))
            #expect(String(decoding: try await response.body.collect(upTo: 100), as: UTF8.self) == answer)
        }
    }

    @Test(arguments: [5, 7])
    func `fails when a stream has another length than announced`(length: Int) async throws {
        try await TestServer.run(Self.count) { url in
            let body = HTTPClient.RequestBody.stream(Self.chunks(6, of: 1), length: length)
            let error = try await #require(throws: HTTPClientError.self) {
                try await HTTPClient().execute(.init(.put, url, body: body))
            }
            #expect(error.kind == .invalidRequest)
        }
    }

    @Test func `passes on the error of a stream that breaks`() async throws {
        try await TestServer.run(Self.count) { url in
            let stream = AsyncThrowingStream<[UInt8], any Error> { continuation in
                continuation.yield([1, 2, 3])
                continuation.finish(throwing: Broken())
            }
            await #expect(throws: Broken.self) {
                try await HTTPClient().execute(.init(.put, url, body: .stream(stream)))
            }
        }
    }

    @Test func `returns an error that the server gives before it has read everything`() async throws {
        let refuse: TestServer.Responder = { _, writer, _ in try await writer.answer(.contentTooLarge, "too much") }
        try await TestServer.run(refuse) { url in
            // Endless: only the answer can end it.
            let stream = AsyncStream<[UInt8]> { [UInt8](repeating: 0, count: 1000) }
            let response = try await HTTPClient().execute(.init(.put, url, body: .stream(stream)))
            #expect(response.status == 413)
            #expect(String(decoding: try await response.body.collect(upTo: 100), as: UTF8.self) == "too much")
        }
    }

    @Test func `holds the sender back while nobody reads, and loses nothing`() async throws {
        let total = 16 << 20
        let pattern = (0..<65_536).map { UInt8(truncatingIfNeeded: $0 &* 7 + $0 >> 8) }
        let send: TestServer.Responder = { _, writer, _ in
            var body = try await writer.writeHead(HTTPResponse(status: .ok))
            let chunk = ByteBuffer(bytes: pattern)
            for _ in 0..<(total >> 16) { try await body.write(chunk) }
            try await body.finish(nil)
        }
        try await TestServer.run(send) { url in
            let response = try await HTTPClient().execute(.init(.get, url))
            let channel = response.body.reader.transfer.response
            while !channel.backlog.isHeldBack { try await Task.sleep(for: .milliseconds(5)) }
            #expect(channel.backlog.byteCount <= 320 << 10)
            var received = 0
            var isIntact = true
            for try await chunk in response.body {
                isIntact = isIntact && Self.isRepeated(pattern, chunk, from: received)
                received += chunk.count
            }
            #expect(received == total)
            #expect(isIntact)
        }
    }

    @Test func `takes no more than the caller accepts`() async throws {
        let send: TestServer.Responder = { _, writer, _ in
            var body = try await writer.writeHead(HTTPResponse(status: .ok))
            while true { try await body.write(ByteBuffer(repeating: 1, count: 10_000)) }
        }
        try await TestServer.run(send) { url in
            let client = HTTPClient()
            let capped = try await client.execute(.init(.get, url, maximumBodySize: 100_000))
            let first = try await #require(throws: HTTPClientError.self) { for try await _ in capped.body {} }
            #expect(first.kind == .bodyTooLarge)
            let collected = try await client.execute(.init(.get, url))
            let second = try await #require(throws: HTTPClientError.self) {
                try await collected.body.collect(upTo: 100_000)
            }
            #expect(second.kind == .bodyTooLarge)
        }
    }

    @Test func `refuses a body whose announced length is too large before reading it`() async throws {
        try await TestServer.run({ _, writer, _ in try await writer.answer(.ok, "12345678901") }) { url in
            let error = try await #require(throws: HTTPClientError.self) {
                try await HTTPClient().execute(.init(.get, url, maximumBodySize: 10))
            }
            #expect(error.kind == .bodyTooLarge)
            #expect(error.description.contains("11 bytes"))
        }
    }

    @Test func `reads server-sent events as they come`() async throws {
        let send: TestServer.Responder = { _, writer, _ in
            var body = try await writer.writeHead(HTTPResponse(status: .ok))
            for text in [
                "id: 1\ndata: a\n", "\nevent: progress\r\nda", "ta: b\r\ndata:c\r\n\r\n", ": ping\n\ndata: cut",
            ] {
                try await body.write(ByteBuffer(string: text))
            }
            try await body.finish(nil)
        }
        try await TestServer.run(send) { url in
            var events: [ServerSentEvent] = []
            for try await event in try await HTTPClient().execute(.init(.get, url)).body.events() {
                events.append(event)
            }
            #expect(
                events == [
                    ServerSentEvent(event: "message", data: "a", id: "1"),
                    ServerSentEvent(event: "progress", data: "b\nc", id: "1"),
                ])
        }
    }

    @Test func `ends a stream whose event is longer than agreed`() async throws {
        let send: TestServer.Responder = { _, response, _ in
            var body = try await response.writeHead(.init(status: .ok))
            try await body.write(ByteBuffer(string: "data: short\n\ndata: \(String(repeating: "x", count: 100))\n\n"))
            try await body.finish(nil)
        }
        try await TestServer.run(send) { url in
            let body = try await HTTPClient().execute(.init(.get, url)).body
            let error = await #expect(throws: HTTPClientError.self) {
                for try await _ in body.events(maximumEventSize: 100) {}
            }
            #expect(error?.kind == .bodyTooLarge)
            var long = try await HTTPClient().execute(.init(.get, url)).body.events(maximumEventSize: 200)
                .makeAsyncIterator()
            #expect(try await long.next()?.data == "short")
            #expect(try await long.next()?.data.utf8.count == 100)
        }
    }
}
