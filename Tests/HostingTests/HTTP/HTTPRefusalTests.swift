import FunctionRuntime
import JSON
import NIOHTTP1
import Testing

@testable import Hosting

/// Requests that are wrong, or that never become complete.
@Suite(.timeLimit(.minutes(1)))
struct HTTPRefusalTests {
    // MARK: By the head alone

    @Test(arguments: [
        ("PATCH /echo", "405 Method Not Allowed"), ("POST /nowhere", "404 Not Found"),
        ("POST /_other/health", "404 Not Found"),
    ])
    func `what no function takes is refused before its body`(_ line: String, _ status: String) async throws {
        try await HTTPServerUnderTest.run { server in
            let response = try await RawClient.request(
                server.port, "\(line) HTTP/1.1\r\nhost: x\r\ncontent-length: 100\r\n\r\n1")
            #expect(response.hasPrefix("HTTP/1.1 \(status)\r\n"))
            #expect(response.contains("connection: close\r\n"))
        }
    }

    @Test func `what the host itself may take is not refused before its body`() async throws {
        try await HTTPServerUnderTest.run(local: { InvocationAnswer(body: .whole($0.body ?? [])) }) { server in
            let client = try RawClient(port: server.port)
            try await client.send("POST /_host/x HTTP/1.1\r\nhost: x\r\nconnection: close\r\ncontent-length: 2\r\n\r\n")
            try await client.send("ok")
            #expect(try await client.receive().hasSuffix("\r\n\r\nok"))
        }
    }

    @Test(arguments: [
        ("application/json", nil), (nil, nil), ("application/json; charset=UTF-8", nil),
        ("application/merge-patch+json;charset=\"utf-8\"", nil), ("text/plain", "it is text/plain"),
        ("application/json; charset=utf-16", "JSON in UTF-8; its charset is utf-16"),
    ])
    func `a body of another type than the function takes is 415`(_ type: String?, _ problem: String?) throws {
        let description = FunctionDescription(
            name: "Create", triggers: [.http(.post, "/jobs")], input: Schema(["type": "object"]))
        let routes = try HTTPTrigger.table([HTTPFunction(description: description, invoker: TestInvoker())])
        let responder = HTTPResponder(options: HTTPOptions(), routes: routes, localPrefix: "/_host/") { _ in nil }
        var head = HTTPRequestHead(version: .http1_1, method: .POST, uri: "/jobs?a=b")
        if let type { head.headers.add(name: "content-type", value: type) }
        let refusal = responder.refusal(of: head)
        #expect(refusal?.status == (problem == nil ? nil : 415))
        #expect(refusal?.detail?.contains(problem ?? "") ?? (problem == nil))
    }

    // MARK: What does not come

    @Test(arguments: [256 * 1024, 10])
    func `a body that stalls is 408`(_ wholeLimit: Int) async throws {
        let options = HTTPOptions(wholeBodyLimit: wholeLimit, bodyTimeout: .milliseconds(200))
        try await HTTPServerUnderTest.run(options: options) { server in
            let response = try await RawClient.request(
                server.port, "POST /upload HTTP/1.1\r\nhost: x\r\ncontent-length: 100\r\n\r\n1")
            #expect(response.hasPrefix("HTTP/1.1 408 Request Timeout\r\n"))
            #expect(response.contains("connection: close\r\n"))
        }
    }

    @Test func `a body that is slow but comes is taken`() async throws {
        try await HTTPServerUnderTest.run(options: HTTPOptions(bodyTimeout: .seconds(1))) { server in
            let client = try RawClient(port: server.port)
            try await client.send("POST /echo HTTP/1.1\r\nhost: x\r\nconnection: close\r\ncontent-length: 15\r\n\r\n")
            for _ in 0..<15 {
                try await Task.sleep(for: .milliseconds(100))
                try await client.send("1")
            }
            #expect(try await client.receive().hasSuffix("\r\n\r\n" + String(repeating: "1", count: 15)))
        }
    }

    @Test func `a head that stalls is 408, also after another request`() async throws {
        try await HTTPServerUnderTest.run(options: HTTPOptions(headTimeout: .milliseconds(200))) { server in
            let response = try await RawClient.request(server.port, "GET /pid HTTP/1.1\r\nhos")
            #expect(response.hasPrefix("HTTP/1.1 408 Request Timeout\r\n"))
            let client = try RawClient(port: server.port)
            try await client.send("POST /echo HTTP/1.1\r\nhost: x\r\ncontent-length: 2\r\n\r\nok")
            _ = try await client.receive { $0.hasSuffix("ok") }
            try await client.send("GET /pid")
            #expect(try await client.receive().hasPrefix("HTTP/1.1 408 Request Timeout\r\n"))
        }
    }

    @Test func `a connection that is silent ends without a word`() async throws {
        let options = HTTPOptions(idleTimeout: .milliseconds(200), headTimeout: .milliseconds(100))
        try await HTTPServerUnderTest.run(options: options) { server in
            let client = try RawClient(port: server.port)
            #expect(try await client.receive().isEmpty)
        }
    }

    // MARK: The rules of HTTP

    @Test(arguments: [
        ("GET /pid HTTP/1.1\r\n\r\n", "has none"),
        ("GET http://x/pid HTTP/1.1\r\n\r\n", "has none"),
        ("GET /pid HTTP/1.1\r\nhost: a\r\nHost: b\r\n\r\n", "has 2"),
        ("GET http://x/pid HTTP/1.1\r\nhost: a\r\nHost: b\r\n\r\n", "has 2"),
    ])
    func `a request without one host is 400`(_ text: String, _ problem: String) async throws {
        try await HTTPServerUnderTest.run { server in
            let response = try await RawClient.request(server.port, text)
            #expect(response.hasPrefix("HTTP/1.1 400 Bad Request\r\n"))
            #expect(response.contains("A request of HTTP/1.1 has one Host field") && response.contains(problem))
        }
    }

    @Test func `HTTP 1.0 needs no host`() async throws {
        try await HTTPServerUnderTest.run { server in
            let response = try await RawClient.request(server.port, "GET /pid HTTP/1.0\r\n\r\n")
            #expect(response.hasPrefix("HTTP/1.1 200"))
        }
    }

    @Test(arguments: [
        ("http://y:80/a?b=c", "/a?b=c", "y:80"), ("HTTPS://y", "/", "y"), ("http://y?b", "/?b", "y"),
        ("/http://y/a", "/http://y/a", "x"), ("ftp://y/a", "ftp://y/a", "x"), ("*", "*", "x"),
    ])
    func `an absolute target is its origin form, and names the host`(_ target: String, _ uri: String, _ host: String) {
        let head = HTTPRequestHead(version: .http1_1, method: .GET, uri: target, headers: ["host": "x"])
        let normalized = HTTPHeadCheck.normalized(head)
        #expect(normalized.uri == uri)
        #expect(normalized.headers["host"] == [host])
    }

    @Test func `an absolute target is served`() async throws {
        try await HTTPServerUnderTest.run { server in
            let response = try await server.get("http://x/pid")
            #expect(response.hasPrefix("HTTP/1.1 200"))
        }
    }

    @Test func `an unknown method is 501`() async throws {
        try await HTTPServerUnderTest.run { server in
            let response = try await RawClient.request(server.port, "BREW /pid HTTP/1.1\r\nhost: x\r\n\r\n")
            #expect(response.hasPrefix("HTTP/1.1 501 Not Implemented\r\n"))
            #expect(response.contains("The method BREW is not known here."))
        }
    }

    @Test func `a body of two lengths is 400 with a sentence`() async throws {
        try await HTTPServerUnderTest.run { server in
            let response = try await RawClient.request(
                server.port,
                "POST /echo HTTP/1.1\r\nhost: x\r\ncontent-length: 3\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n")
            #expect(response.hasPrefix("HTTP/1.1 400 Bad Request\r\n"))
            #expect(response.contains("Content-Length or Transfer-Encoding, not both"))
        }
    }
}
