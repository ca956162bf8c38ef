import HTTPClient
import Testing

@Suite(.timeLimit(.minutes(1))) struct WebSocketTests {
    private let client = HTTPClient()

    private func open(_ path: String, headers: HTTPHeaders = [:], limit: Int? = nil) async throws -> WebSocket {
        let port = try await WebSocketServer.shared.ports().plain
        return try await client.webSocket(
            .init(.get, "ws://127.0.0.1:\(port)/\(path)", headers: headers, maximumBodySize: limit))
    }

    private func failure(_ url: String, idleTimeout: Duration = .seconds(30)) async throws -> HTTPClientError.Kind? {
        do {
            let socket = try await client.webSocket(
                .init(.get, url, connectTimeout: .seconds(2), idleTimeout: idleTimeout))
            while try await socket.receive() != nil {}
            return nil
        } catch let error as HTTPClientError {
            return error.kind
        }
    }

    @Test(arguments: [0, 1, 125, 126, 127, 65_535, 65_536, 3_000_000])
    func `text and bytes of every length come back as they went`(length: Int) async throws {
        let socket = try await open("echo")
        let text = String(repeating: "x", count: length)
        let bytes = (0..<length).map { UInt8(truncatingIfNeeded: $0) }
        try await socket.send(.text(text))
        try await socket.send(.binary(bytes))
        #expect(try await socket.receive() == .text(text))
        #expect(try await socket.receive() == .binary(bytes))
    }

    @Test func `a TLS connection is one whose certificate is trusted`() async throws {
        let ports = try await WebSocketServer.shared.ports()
        let url = "wss://127.0.0.1:\(ports.secure)/echo"
        #expect(try await failure(url) == .tls)
        let trusting = HTTPClient(.init(certificateAuthorities: ports.certificate))
        let socket = try await trusting.webSocket(.init(.get, url))
        try await socket.send(.binary([UInt8](repeating: 7, count: 200_000)))
        #expect(try await socket.receive() == .binary([UInt8](repeating: 7, count: 200_000)))
    }

    @Test func `fragments are one message`() async throws {
        let socket = try await open("fragments")
        #expect(try await socket.receive() == .text("fragmented"))
        #expect(try await socket.receive() == .binary([0, 1, 2]))
        #expect(try await socket.receive() == nil)
    }

    @Test func `headers go along`() async throws {
        #expect(try await open("header", headers: ["x-probe": "7"]).receive() == .text("7"))
    }

    @Test func `a ping is answered`() async throws {
        #expect(try await open("ping").receive() == .text("answered"))
    }

    @Test func `whoever reads late gets everything all the same`() async throws {
        let socket = try await open("many")
        for number in 0..<64 {
            let expected = [UInt8](repeating: UInt8(number), count: 100_000)
            #expect(try await socket.receive() == .binary(expected))
        }
        #expect(try await socket.receive() == nil)
    }

    @Test func `a goodbye of the server ends the messages, and one of ours too`() async throws {
        #expect(try await open("goodbye").receive() == nil)
        let socket = try await open("wait")
        socket.close()
        #expect(try await socket.receive() == nil)
        await #expect(throws: HTTPClientError.self) { try await socket.send(.text("too late")) }
    }

    @Test func `a dropped connection is told after what came before it`() async throws {
        let socket = try await open("drop")
        #expect(try await socket.receive() == .text("last words"))
        let error = await #expect(throws: HTTPClientError.self) { try await socket.receive() }
        #expect(error?.kind == .connectionLost)
    }

    @Test func `a message larger than the caller takes is refused`() async throws {
        let socket = try await open("echo", limit: 1000)
        try await socket.send(.binary([UInt8](repeating: 0, count: 1000)))
        #expect(try await socket.receive() != nil)
        try await socket.send(.binary([UInt8](repeating: 0, count: 1001)))
        let error = await #expect(throws: HTTPClientError.self) { try await socket.receive() }
        #expect(error?.kind == .bodyTooLarge)
    }

    @Test func `a reader that is canceled leaves the connection open`() async throws {
        let socket = try await open("echo")
        let reader = Task { try await socket.receive() }
        reader.cancel()
        await #expect(throws: CancellationError.self) { try await reader.value }
        try await socket.send(.text("still here"))
        #expect(try await socket.receive() == .text("still here"))
    }

    private static let accepted = "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"

    @Test(arguments: [
        "HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n",
        accepted + "Sec-WebSocket-Accept: AAAAAAAAAAAAAAAAAAAAAAAAAAA=\r\n\r\n",
        accepted + "\r\n",
        "HTTP/1.1 101 Switching\r\nUpgrade: h2c\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ACCEPT\r\n\r\n",
        "HTTP/1.1 101 Switching\r\nUpgrade: websocket\r\nConnection: close\r\nSec-WebSocket-Accept: ACCEPT\r\n\r\n",
        accepted + "Sec-WebSocket-Accept: ACCEPT\r\nSec-WebSocket-Extensions: permessage-deflate\r\n\r\n",
        accepted + "Sec-WebSocket-Accept: ACCEPT\r\nSec-WebSocket-Protocol: chat\r\n\r\n",
        accepted + "no colon\r\n\r\n",
        accepted + String(repeating: "X-Much: more\r\n", count: 6000),
        "",
    ])
    func `an answer that opens no WebSocket is refused`(head: String) async throws {
        #expect(try await failure(WebSocketServer.raw(then: "end", head: head)) == .upgradeRefused)
    }

    @Test func `whatever arrives with the handshake's answer counts`() async throws {
        let url = try await WebSocketServer.raw([0x81, 2, 0x68, 0x69, 0x88, 0], then: "end")
        let socket = try await client.webSocket(.init(.get, url))
        #expect(try await socket.receive() == .text("hi"))
        #expect(try await socket.receive() == nil)
    }

    @Test func `silence without an answer to a ping ends the connection`() async throws {
        let url = try await WebSocketServer.raw()
        #expect(try await failure(url, idleTimeout: .milliseconds(200)) == .idleTimeout)
        // One that answers pings may be silent for as long as it likes.
        let port = try await WebSocketServer.shared.ports().plain
        let socket = try await client.webSocket(
            .init(.get, "ws://127.0.0.1:\(port)/echo", idleTimeout: .milliseconds(200)))
        try await Task.sleep(for: .milliseconds(900))
        try await socket.send(.text("awake"))
        #expect(try await socket.receive() == .text("awake"))
    }

    @Test func `a handshake without an answer ends in time`() async throws {
        #expect(try await failure(WebSocketServer.raw(head: "HTTP/1.1 101")) == .timeout)
    }

    @Test func `nobody there, a forbidden address and another scheme are told apart`() async throws {
        #expect(try await failure("ws://127.0.0.1:1/") == .connectionFailed)
        #expect(try await failure("ftp://127.0.0.1/") == .invalidRequest)
        let port = try await WebSocketServer.shared.ports().plain
        let error = await #expect(throws: HTTPClientError.self) {
            try await client.webSocket(.init(.get, "ws://127.0.0.1:\(port)/echo", addresses: .publicOnly))
        }
        #expect(error?.kind == .addressRefused)
    }
}
