import Glibc
import HTTPTypes
import HummingbirdCore
import NIOCore
import Testing

@testable import HTTPClient

@Suite(.timeLimit(.minutes(1))) struct ExchangeTests {
    /// Answers with what it was asked: method, path, some headers, body.
    static let echo: TestServer.Responder = { request, writer, _ in
        let head = request.head
        let names = ["content-length", "transfer-encoding", "content-type", "expect", "x-test", "accept-encoding"]
        let fields = names.compactMap { name in
            head.headerFields[HTTPField.Name(name)!].map { "\(name)=\($0)" }
        }
        let body = try await request.text()
        try await writer.answer(.ok, "\(head.method) \(head.path ?? "") [\(fields.joined(separator: " "))] \(body)")
    }

    @Test(arguments: [
        (HTTPMethod.get, HTTPClient.RequestBody.none, "GET /a [] "),
        (.delete, .none, "DELETE /a [] "),
        (.post, .none, "POST /a [content-length=0] "),
        (.post, .text("hello"), "POST /a [content-length=5] hello"),
        (.put, .text(""), "PUT /a [content-length=0] "),
        (.patch, .text("x"), "PATCH /a [content-length=1] x"),
        (HTTPMethod("report"), .text("x"), "REPORT /a [content-length=1] x"),
    ])
    func `sends each method with its body and nothing of its own`(
        method: HTTPMethod, body: HTTPClient.RequestBody, answer: String
    ) async throws {
        try await TestServer.run(Self.echo) { url in
            let response = try await HTTPClient().execute(.init(method, "\(url)/a", body: body))
            #expect(response.status == 200 && response.isSuccess)
            #expect(String(decoding: try await response.body.collect(upTo: 1000), as: UTF8.self) == answer)
        }
    }

    @Test func `sends the path as it is, dots and double slashes too`() async throws {
        try await TestServer.run(Self.echo) { url in
            let response = try await HTTPClient().execute(.init(.get, "\(url)/a/../b//c/./%2e?x=%20&y"))
            let text = String(decoding: try await response.body.collect(upTo: 1000), as: UTF8.self)
            #expect(text == "GET /a/../b//c/./%2e?x=%20&y [] ")
        }
    }

    @Test func `answers HEAD without waiting for a body`() async throws {
        try await TestServer.run({ _, writer, _ in
            var fields = HTTPFields()
            fields[.contentLength] = "1000000"
            try await writer.writeResponse(HTTPResponse(status: .ok, headerFields: fields))
        }) { url in
            let response = try await HTTPClient().execute(.init(.head, url, maximumBodySize: 10))
            #expect(response.headers["Content-Length"] == "1000000")
            #expect(try await response.body.collect(upTo: 0).isEmpty)
        }
    }

    @Test func `sends a file and a header with an empty value`() async throws {
        let path = "/tmp/darkroom-\(UInt64.random(in: 0 ... .max)).txt"
        let file = try #require(fopen(path, "w"))
        fputs("from a file", file)
        fclose(file)
        defer { unlink(path) }
        try await TestServer.run(Self.echo) { url in
            let request = HTTPClient.Request(.put, url, headers: ["X-Test": ""], body: .file(path: path))
            let response = try await HTTPClient().execute(request)
            let text = String(decoding: try await response.body.collect(upTo: 1000), as: UTF8.self)
            #expect(text == "PUT / [content-length=11 x-test=] from a file")
        }
    }

    @Test func `says which file cannot be sent`() async throws {
        let error = try await #require(throws: HTTPClientError.self) {
            try await HTTPClient().execute(.init(.put, "http://127.0.0.1:1/", body: .file(path: "/nonexistent/x")))
        }
        #expect(error.kind == .bodyUnavailable)
        #expect(error.description.contains("/nonexistent/x"))
    }

    @Test(arguments: [
        "", "ftp://127.0.0.1/", "file:///etc/passwd", "http://user:pass@127.0.0.1/", "http://",
        "gopher://127.0.0.1:70/_x",
        "http://127.0.0.1:99999/",
    ])
    func `refuses what is not an http or https URL without credentials`(url: String) async throws {
        let error = try await #require(throws: HTTPClientError.self) {
            try await HTTPClient().execute(.init(.get, url))
        }
        #expect(error.kind == .invalidRequest)
        #expect(!error.description.contains("pass@"))
    }

    @Test(arguments: [
        ("X-A", "b\r\nX-Evil: 1"), ("X-A\r\nX-Evil", "b"), ("X A", "b"), ("", "b"), ("X:", "b"), ("X", "\0"),
    ])
    func `refuses headers that would become other headers`(name: String, value: String) async throws {
        let error = try await #require(throws: HTTPClientError.self) {
            try await HTTPClient().execute(.init(.get, "http://127.0.0.1:1/", headers: [name: value]))
        }
        #expect(error.kind == .invalidRequest)
    }

    @Test func `keeps a connection and uses it again`() async throws {
        let answer: TestServer.Responder = { _, writer, channel in
            try await writer.answer(.ok, "\(channel.remoteAddress!.port!)")
        }
        try await TestServer.run(answer) { url in
            let client = HTTPClient()
            var ports = Set<[UInt8]>()
            for _ in 0..<5 { ports.insert(try await client.execute(.init(.get, url)).body.collect(upTo: 10)) }
            #expect(ports.count == 1)
        }
    }

    @Test func `performs a hundred slow exchanges side by side`() async throws {
        let answer: TestServer.Responder = { _, writer, _ in
            try await Task.sleep(for: .milliseconds(200))
            try await writer.answer(.ok, "done")
        }
        try await TestServer.run(answer) { url in
            let client = HTTPClient()
            let start = ContinuousClock.now
            let bytes = try await withThrowingTaskGroup(of: Int.self) { group in
                for _ in 0..<100 {
                    group.addTask { try await client.execute(.init(.get, url)).body.collect(upTo: 10).count }
                }
                return try await group.reduce(0, +)
            }
            #expect(bytes == 400)
            print("100 exchanges of 200 ms side by side: \(ContinuousClock.now - start)")
        }
    }

    @Test func `performs small exchanges one after the other`() async throws {
        try await TestServer.run({ _, writer, _ in try await writer.answer(.ok, "x") }) { url in
            let client = HTTPClient()
            _ = try await client.execute(.init(.get, url)).body.collect(upTo: 10)
            let start = ContinuousClock.now
            for _ in 0..<500 { _ = try await client.execute(.init(.get, url)).body.collect(upTo: 10) }
            print("one exchange over a kept connection: \((ContinuousClock.now - start) / 500)")
        }
    }

    @Test func `prints no credential`() {
        let error = HTTPClientError(.timeout, "https://me:secret@host/path?X-Amz-Signature=secret#secret", "late")
        #expect(error.description == "https://host/path?…: late")
        #expect(HTTPClientError(.timeout, "https://host/a@b", "late").description == "https://host/a@b: late")
    }
}
