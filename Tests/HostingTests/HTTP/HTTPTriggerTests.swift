import FunctionRuntime
import Glibc
import JSON
import Testing

@testable import Hosting

/// The HTTP trigger over real sockets, with a real process behind it.
@Suite(.timeLimit(.minutes(1))) struct HTTPTriggerTests {
    @Test func `a request reaches the function and its answer the client`() async throws {
        try await HTTPServerUnderTest.run { server in
            let response = try await RawClient.request(
                server.port,
                "POST /echo HTTP/1.1\r\nhost: x\r\nconnection: close\r\ncontent-type: text/x\r\ncontent-length: 5\r\n\r\nhello"
            )
            #expect(response.hasPrefix("HTTP/1.1 200 OK\r\n"))
            #expect(response.hasSuffix("\r\n\r\nhello"))
            #expect(response.contains("content-type: text/x\r\n"))
            #expect(response.contains("content-length: 5\r\n"))
            #expect(response.contains("x-function-build: b1\r\n"))
            #expect(response.contains("x-invocation-id: "))
            #expect(response.contains("x-content-type-options: nosniff\r\n"))
        }
    }

    @Test func `the envelope has route, parameters, query, headers and client`() async throws {
        try await HTTPServerUnderTest.run { server in
            let response = try await server.get(
                "/event?a=1&a=2&b=x%20y+z", "X-One: two",
                "traceparent: 00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01")
            let frame = try JSON(parsing: Array(response.split(separator: "\r\n\r\n").last!.utf8))
            #expect(frame["http"]?["query"]?["a"] == ["1", "2"])
            #expect(frame["http"]?["query"]?["b"] == "x y z")
            #expect(frame["http"]?["headers"]?["x-one"] == "two")
            #expect(frame["http"]?["headers"]?["connection"] == nil)
            #expect(frame["http"]?["client"] == "127.0.0.1")
            #expect(frame["http"]?["route"] == "/event")
            #expect(frame["traceparent"]?.string?.hasPrefix("00-0af7651916cd43dd8448eb211c80319c-") == true)
            #expect(frame["remaining"]?.int.map { $0 > 9000 && $0 <= 10_000 } == true)
        }
    }

    @Test func `what the function refuses is problem details with the trace`() async throws {
        try await HTTPServerUnderTest.run { server in
            let response = try await server.get("/error")
            #expect(response.hasPrefix("HTTP/1.1 400 Bad Request\r\n"))
            #expect(response.contains("content-type: application/problem+json\r\n"))
            let problem = try JSON(parsing: Array(response.split(separator: "\r\n\r\n").last!.utf8))
            #expect(problem["errors"]?[0] == ["field": "prompt", "message": "is missing"])
            #expect(problem["traceId"]?.string?.count == 32)
        }
    }

    @Test(arguments: [
        ("GET /none", "HTTP/1.1 404 Not Found"), ("DELETE /echo", "HTTP/1.1 405 Method Not Allowed"),
        ("PROPFIND /echo", "HTTP/1.1 405 Method Not Allowed"), ("GET /echo?a=%zz", "HTTP/1.1 400 Bad Request"),
    ])
    func `what no function takes is answered by the host`(_ request: String, _ expected: String) async throws {
        try await HTTPServerUnderTest.run { server in
            let response = try await RawClient.request(
                server.port, "\(request) HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n")
            #expect(response.hasPrefix(expected))
            if expected.contains("405") { #expect(response.contains("allow: GET, HEAD, OPTIONS, POST\r\n")) }
        }
    }

    @Test func `HEAD is GET without the body`() async throws {
        try await HTTPServerUnderTest.run { server in
            let response = try await RawClient.request(
                server.port, "HEAD /pid HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n")
            #expect(response.hasPrefix("HTTP/1.1 200 OK\r\n"))
            #expect(response.hasSuffix("\r\n\r\n"))
        }
    }

    @Test func `browsers of allowed origins may call, others are not told so`() async throws {
        let options = HTTPOptions(allowedOrigins: ["https://a.example"])
        try await HTTPServerUnderTest.run(options: options) { server in
            let allowed = try await server.get("/pid", "origin: https://a.example")
            #expect(allowed.contains("access-control-allow-origin: https://a.example\r\n"))
            let other = try await server.get("/pid", "origin: https://b.example")
            #expect(!other.contains("access-control-allow-origin"))
            let preflight = try await RawClient.request(
                server.port,
                "OPTIONS /echo HTTP/1.1\r\nhost: x\r\nconnection: close\r\norigin: https://a.example\r\n"
                    + "access-control-request-method: POST\r\naccess-control-request-headers: content-type\r\n\r\n")
            #expect(preflight.hasPrefix("HTTP/1.1 204 No Content\r\n"))
            #expect(preflight.contains("access-control-allow-methods: GET, HEAD, OPTIONS, POST\r\n"))
            #expect(preflight.contains("access-control-allow-headers: content-type\r\n"))
        }
    }

    @Test func `the host's own routes stand behind those of functions`() async throws {
        try await HTTPServerUnderTest.run(local: { request in
            request.path == "/_host/health" ? InvocationAnswer(body: .whole(Array("ok".utf8))) : nil
        }) { server in
            let health = try await server.get("/_host/health")
            #expect(health.hasSuffix("ok"))
            let other = try await server.get("/_host/other")
            #expect(other.hasPrefix("HTTP/1.1 404"))
        }
    }

    @Test func `a header that would split the response is refused`() async throws {
        try await HTTPServerUnderTest.run { server in
            let response = try await server.get("/injection")
            #expect(response.hasPrefix("HTTP/1.1 502"))
            #expect(!response.contains("set-cookie"))
        }
    }

    // MARK: Bodies

    @Test func `Expect 100-continue is answered at once`() async throws {
        try await HTTPServerUnderTest.run { server in
            let client = try RawClient(port: server.port)
            try await client.send(
                "POST /echo HTTP/1.1\r\nhost: x\r\nexpect: 100-continue\r\nconnection: close\r\ncontent-length: 2\r\n\r\n"
            )
            let interim = try await client.receive { $0.contains("\r\n\r\n") }
            #expect(interim == "HTTP/1.1 100 Continue\r\n\r\n")
            try await client.send("ok")
            #expect(try await client.receive().hasSuffix("\r\n\r\nok"))
        }
    }

    @Test func `a body that is announced too large is refused before it is sent`() async throws {
        try await HTTPServerUnderTest.run(options: HTTPOptions(bodyLimit: 1000)) { server in
            let response = try await RawClient.request(
                server.port, "POST /echo HTTP/1.1\r\nhost: x\r\nexpect: 100-continue\r\ncontent-length: 1001\r\n\r\n")
            #expect(response.hasPrefix("HTTP/1.1 413 Payload Too Large\r\n"))
            #expect(!response.contains("100 Continue"))
        }
    }

    @Test(arguments: [4000, 64])
    func `a chunked body that grows too large is 413`(_ wholeLimit: Int) async throws {
        let options = HTTPOptions(bodyLimit: 1000, wholeBodyLimit: wholeLimit)
        try await HTTPServerUnderTest.run(options: options) { server in
            let client = try RawClient(port: server.port)
            try await client.send("POST /upload HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\n")
            for _ in 0..<11 {
                try await client.send("64\r\n" + String(repeating: "x", count: 100) + "\r\n")
            }
            #expect(try await client.receive().hasPrefix("HTTP/1.1 413"))
        }
    }

    @Test func `a large body streams to a slow function without filling memory`() async throws {
        let options = HTTPOptions(bodyLimit: 64 << 20)
        try await HTTPServerUnderTest.run(options: options) { server in
            let client = try RawClient(port: server.port)
            let total = 3_000_000
            try await client.send(
                "POST /upload?seconds=0.001 HTTP/1.1\r\nhost: x\r\nconnection: close\r\ncontent-length: \(total)\r\n\r\n"
            )
            try await client.send([UInt8](repeating: 120, count: total))
            #expect(try await client.receive().hasSuffix("\r\n\r\n\(total)"))
        }
    }

    @Test func `pipelined requests are answered in their order`() async throws {
        try await HTTPServerUnderTest.run { server in
            let requests = (0..<20).map { number in
                "POST /echo HTTP/1.1\r\nhost: x\r\ncontent-length: 2\r\n\r\n\(number + 10)"
            }
            let client = try RawClient(port: server.port)
            try await client.send(requests.joined())
            let response = try await client.receive { $0.hasSuffix("\r\n\r\n29") }
            let bodies = response.components(after: "\r\n\r\n")
            #expect(bodies == (10..<30).map { "\($0)" })
        }
    }

    // MARK: Streams and clients that go away

    @Test func `a streamed answer comes in pieces`() async throws {
        try await HTTPServerUnderTest.run { server in
            let response = try await server.get("/stream?total=100000&size=1000")
            #expect(response.contains("transfer-encoding: chunked\r\n"))
            #expect(response.hasSuffix("0\r\n\r\n"))
            #expect(response.filter { $0 == "x" }.count >= 100_000)
        }
    }

    @Test func `a client that stops reading stops the function`() async throws {
        try await HTTPServerUnderTest.run { server in
            let client = try RawClient(port: server.port, receiveBuffer: 4096)
            try await client.send("GET /stream?total=50000000 HTTP/1.1\r\nhost: x\r\n\r\n")
            var last = ""
            var same = 0
            try await eventually {
                try await Task.sleep(for: .milliseconds(20))
                let now = server.function.read("sent")
                same = now == last && !now.isEmpty ? same + 1 : 0
                last = now
                return same > 20
            }
            #expect(Int(last)! < 20_000_000)
            #expect(try await server.get("/pid").hasPrefix("HTTP/1.1 200"))
        }
    }

    @Test func `a client that goes away cancels its call`() async throws {
        try await HTTPServerUnderTest.run(options: HTTPOptions(halfCloseGrace: .milliseconds(50))) { server in
            do {
                let client = try RawClient(port: server.port)
                try await client.send("GET /slow?seconds=30 HTTP/1.1\r\nhost: x\r\n\r\n")
                try await server.function.noted("started")
            }
            try await server.function.noted("canceled client_gone")
        }
    }

    @Test func `a client that goes away from a stream cancels its call`() async throws {
        try await HTTPServerUnderTest.run { server in
            do {
                let client = try RawClient(port: server.port)
                try await client.send("GET /stream?total=100000000&seconds=0.001 HTTP/1.1\r\nhost: x\r\n\r\n")
                _ = try await client.receive { $0.contains("xxx") }
            }
            try await server.function.noted("canceled client_gone")
        }
    }

    @Test func `a client that closes only its sending side still gets its answer`() async throws {
        try await HTTPServerUnderTest.run(options: HTTPOptions(halfCloseGrace: .seconds(20))) { server in
            let client = try RawClient(port: server.port)
            try await client.send("GET /slow?seconds=0.2 HTTP/1.1\r\nhost: x\r\n\r\n")
            client.finish()
            #expect(try await client.receive().hasSuffix("late"))
        }
    }

    @Test func `a function that dies in the middle of a stream cuts the answer short`() async throws {
        try await HTTPServerUnderTest.run { server in
            let response = try await server.get("/dieinstream")
            #expect(response.contains("abc"))
            #expect(!response.hasSuffix("0\r\n\r\n"))
        }
    }

    // MARK: Bad requests

    @Test(arguments: ["NONSENSE\r\n\r\n", "GET / HTTP/9.9\r\n\r\n", "GET /pid HTTP/1.1\r\nbad header\r\n\r\n"])
    func `what is not HTTP is 400 and closes the connection`(_ text: String) async throws {
        try await HTTPServerUnderTest.run { server in
            let response = try await RawClient.request(server.port, text)
            #expect(response.hasPrefix("HTTP/1.1 400 Bad Request\r\n"))
            #expect(response.contains("connection: close\r\n"))
        }
    }

    @Test func `a head that is too large is 431`() async throws {
        try await HTTPServerUnderTest.run(options: HTTPOptions(headLimit: 2000)) { server in
            let response = try await server.get("/pid", "x: " + String(repeating: "y", count: 3000))
            #expect(response.hasPrefix("HTTP/1.1 431"))
        }
    }

    // MARK: Failures

    @Test func `a crash is 502, and its reason is shown only where that is wanted`() async throws {
        try await HTTPServerUnderTest.run { server in
            let response = try await server.get("/crash")
            #expect(response.hasPrefix("HTTP/1.1 502"))
            #expect(!response.contains("on purpose"))
            #expect(try await server.get("/pid").hasPrefix("HTTP/1.1 200"))
        }
        try await HTTPServerUnderTest.run(options: HTTPOptions(showsCrashes: true)) { server in
            let response = try await server.get("/crash")
            #expect(response.contains("Fatal error: on purpose"))
        }
    }

    @Test func `a deadline is 504`() async throws {
        try await HTTPServerUnderTest.run(timeout: .milliseconds(200)) { server in
            let response = try await server.get("/slow?seconds=30")
            #expect(response.hasPrefix("HTTP/1.1 504"))
        }
    }

    @Test func `overload is 503 with Retry-After`() async throws {
        let limits = PoolLimits(maximum: 1, waiting: 1)
        try await HTTPServerUnderTest.run(["CONCURRENCY": "1"], limits: limits) { server in
            let first = try RawClient(port: server.port)
            try await first.send("GET /slow?seconds=1 HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n")
            try await server.function.noted("started")
            let second = try RawClient(port: server.port)
            try await second.send("GET /pid HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n")
            try await eventually { server.function.pool.status.waiting == 1 }
            let response = try await server.get("/pid")
            #expect(response.hasPrefix("HTTP/1.1 503 Service Unavailable\r\n"))
            #expect(response.contains("retry-after: 1\r\n"))
            #expect(try await second.receive().hasPrefix("HTTP/1.1 200"))
        }
    }

    @Test func `a function that does not start is 503`() async throws {
        try await HTTPServerUnderTest.run(["BEHAVIOR": "init_error"], options: HTTPOptions(showsCrashes: true)) {
            server in
            let response = try await server.get("/pid")
            #expect(response.hasPrefix("HTTP/1.1 503"))
            #expect(response.contains("DATABASE_URL is missing"))
        }
    }
}

extension String {
    /// What follows each separator, up to the next line of a response.
    fileprivate func components(after separator: String) -> [String] {
        var rest = self[...]
        var parts: [String] = []
        while let range = rest.firstRange(of: separator) {
            rest = rest[range.upperBound...]
            parts.append(String(rest.prefix(2)))
        }
        return parts
    }
}
