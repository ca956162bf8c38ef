import HTTPTypes
import HummingbirdCore
import NIOCore
import Testing

@testable import HTTPClient

@Suite(.timeLimit(.minutes(1))) struct RedirectTests {
    /// `/status/location…` redirects; everything else tells what arrived.
    static let server: TestServer.Responder = { request, writer, _ in
        let parts = (request.head.path ?? "/").split(separator: "/", maxSplits: 1)
        if parts.count == 2, let status = Int(parts[0]) {
            return try await writer.answer(
                .init(code: status), "", [.location: String(parts[1].removingPercentEncoding)])
        }
        let names = ["authorization", "cookie", "x-api-key", "accept", "content-type"]
        let fields = names.compactMap { name in
            request.headers[HTTPField.Name(name)!].map { "\(name)=\($0)" }
        }
        let body = try await request.text()
        try await writer.answer(.ok, "\(request.method) \(fields.joined(separator: " ")) \(body)")
    }

    static let headers: HTTPHeaders = [
        "Authorization": "Bearer s", "Cookie": "a=b", "X-Api-Key": "k", "Accept": "x/y", "Content-Type": "t/t",
    ]

    static func text(_ request: HTTPClient.Request) async throws -> String {
        let response = try await HTTPClient().execute(request)
        return String(decoding: try await response.body.collect(upTo: 1000), as: UTF8.self)
    }

    @Test func `returns a redirect unless told to follow`() async throws {
        try await TestServer.run(Self.server) { url in
            let response = try await HTTPClient().execute(.init(.get, "\(url)/302/target"))
            #expect(response.status == 302)
            #expect(response.headers["location"] == "target")
        }
    }

    @Test(arguments: [
        (301, HTTPMethod.post, "GET"), (302, .post, "GET"), (303, .post, "GET"), (303, .put, "GET"),
        (307, .post, "POST"), (308, .put, "PUT"), (302, .get, "GET"),
    ])
    func `changes the method as RFC 9110 says`(status: Int, method: HTTPMethod, expected: String) async throws {
        try await TestServer.run(Self.server) { url in
            let body: HTTPClient.RequestBody = method == .get ? .none : .text("body")
            let request = HTTPClient.Request(
                method, "\(url)/\(status)/%2Ftarget", headers: Self.headers, body: body, redirects: 1)
            let credentials = "authorization=Bearer s cookie=a=b x-api-key=k accept=x/y"
            let type = expected == "GET" && method != .get ? "" : " content-type=t/t"
            let sent = expected == "GET" ? "" : "body"
            let text = try await Self.text(request)
            #expect(text == "\(expected) \(credentials)\(type) \(sent)")
        }
    }

    @Test func `leaves credentials behind when another origin is next`() async throws {
        try await TestServer.run(Self.server) { other in
            try await TestServer.run(Self.server) { url in
                let target = other.replacing("http://", with: "http:%2F%2F")
                let request = HTTPClient.Request(
                    .get, "\(url)/302/\(target)%2Fx", headers: Self.headers, redirects: 1)
                let text = try await Self.text(request)
                #expect(text == "GET accept=x/y content-type=t/t ")
            }
        }
    }

    @Test func `returns the redirect after the last allowed one`() async throws {
        try await TestServer.run(Self.server) { url in
            let response = try await HTTPClient().execute(.init(.get, "\(url)/302/%2F302%2Fx", redirects: 1))
            #expect(response.status == 302)
            #expect(response.url == "\(url)/302/x")
        }
    }

    @Test(arguments: ["file:%2F%2F%2Fetc%2Fpasswd", "ftp:%2F%2F127.0.0.1%2Fx", "http:%2F%2Fa:b@127.0.0.1%2F"])
    func `does not follow to what it would not fetch itself`(location: String) async throws {
        try await TestServer.run(Self.server) { url in
            let error = try await #require(throws: HTTPClientError.self) {
                try await HTTPClient().execute(.init(.get, "\(url)/302/\(location)", redirects: 3))
            }
            #expect(error.kind == .redirectRefused)
        }
    }

    @Test func `does not send a stream twice`() async throws {
        try await TestServer.run(Self.server) { url in
            let error = try await #require(throws: HTTPClientError.self) {
                let body = HTTPClient.RequestBody.stream(StreamingTests.chunks(1, of: 3))
                return try await HTTPClient().execute(.init(.post, "\(url)/307/x", body: body, redirects: 1))
            }
            #expect(error.kind == .redirectRefused)
        }
    }

    @Test func `does not go from https to http`() throws {
        let from = try HTTPURL("https://a.example/x")
        let body = HTTPClient.ResponseBody(reader: try ResponseReader.unused())
        let response = HTTPClient.Response(
            status: 302, headers: ["Location": "http://a.example/x"], url: from.text, body: body)
        let error = try #require(throws: HTTPClientError.self) {
            try RedirectRules.next(after: response, .init(.get, from.text, redirects: 1), from)
        }
        #expect(error.kind == .redirectRefused)
    }
}

extension ResponseReader {
    /// The reader of a transfer that was never started.
    static func unused() throws -> ResponseReader {
        let client = HTTPClient()
        let url = try HTTPURL("https://a.example/x")
        return ResponseReader(try Transfer(.init(.get, url.text), url: url, mailbox: client.mailbox), client: client)
    }
}

extension Substring {
    /// Enough of it for the locations in these tests.
    var removingPercentEncoding: String { replacing("%2F", with: "/").description }
}
