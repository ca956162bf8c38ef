import Testing

@testable import HTTPClient

struct WebSocketSessionTests {
    /// The example of RFC 6455, section 1.3.
    private let handshake = WebSocketHandshake(
        try! HTTPURL("http://example.com:8188/ws?clientId=7#part"), headers: ["x-a": "b"],
        nonce: Array("the sample nonce".utf8))

    private var answer: [UInt8] {
        Array(
            """
            HTTP/1.1 101 Switching Protocols\r\nUpgrade: WebSocket\r\nConnection: keep-alive, upgrade\r\n\
            Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n
            """.utf8)
    }

    private func opened(limit: Int = 1000) -> WebSocketSession {
        var session = WebSocketSession(handshake, maximumMessageSize: limit)
        #expect(session.receive(answer) == [.opened])
        return session
    }

    @Test func `the handshake is that of the specification`() {
        #expect(handshake.accept == "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=")
        let lines = String(decoding: handshake.request, as: UTF8.self).split(separator: "\r\n").map(String.init)
        #expect(lines[0] == "GET /ws?clientId=7 HTTP/1.1")
        #expect(lines.contains("Host: example.com:8188"))
        #expect(lines.contains("Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ=="))
        #expect(lines.last == "x-a: b")
    }

    @Test func `bytes may be cut anywhere`() {
        var session = WebSocketSession(handshake, maximumMessageSize: 1000)
        let long = [UInt8](repeating: 0x61, count: 300)
        let frames: [UInt8] =
            [0x01, 2, 0x68, 0x69, 0x89, 1, 7, 0x80, 1, 0x21, 0x82, 126, 1, 44] + long + [0x88, 2, 3, 0xE8]
        var actions: [WebSocketSession.Action] = []
        for byte in answer + frames { actions += session.receive([byte]) }
        let heard = actions.filter { if case .send = $0 { false } else { true } }
        #expect(heard == [.opened, .deliver(.text("hi!")), .deliver(.binary(long)), .end(.closed(code: 1000))])
        // A pong and the answer to the goodbye.
        #expect(actions.count == heard.count + 2)
    }

    @Test func `what a client sends is masked, each frame with a mask of its own`() throws {
        var session = opened()
        let first = session.send(.text("Hello"))
        let second = session.send(.text("Hello"))
        #expect(first[0] == 0x81 && first[1] == 0x85)
        #expect(first[2..<6] != second[2..<6])
        let unmasked = first[6...].enumerated().map { $0.element ^ first[2 + $0.offset & 3] }
        #expect(unmasked == Array("Hello".utf8))
    }

    private static let violations: [([UInt8], String)] = [
        ([0xC1, 0], "a reserved bit"), ([0x83, 0], "an unknown opcode"), ([0x81, 0x80, 1, 2, 3, 4], "a mask"),
        ([0x09, 0], "a fragmented ping"), ([0x89, 126, 0, 126], "a long ping"),
        ([0x80, 0], "a continuation of nothing"),
        ([0x01, 1, 0x61, 0x81, 1, 0x61], "a message inside another"), ([0x88, 1, 3], "half a close code"),
        ([0x82, 126, 0, 5, 1, 2, 3, 4, 5], "a length that is not the shortest"),
        ([0x82, 127, 0, 0, 0, 0, 0, 0, 0, 5, 1, 2, 3, 4, 5], "a longer length that is not the shortest"),
        ([0x82, 127, 0x80, 0, 0, 0, 0, 0, 0, 0], "a length of 2^63"),
        ([0x81, 2, 0xC3, 0x28], "text that is not UTF-8"),
    ]

    @Test(arguments: violations)
    func `a server that breaks the protocol is left`(bytes: [UInt8], what: String) {
        var session = opened()
        let actions = session.receive(bytes)
        guard case .end(.broken) = actions.last else {
            Issue.record("\(what) was taken: \(actions)")
            return
        }
        #expect(session.receive([0x81, 1, 0x61]).isEmpty)
    }

    @Test(
        arguments: [
            [0x82, 5, 1, 2, 3, 4, 5], [0x82, 127, 0, 0, 0, 1, 0, 0, 0, 0], [0x02, 3, 1, 2, 3, 0x80, 2, 4, 5],
        ] as [[UInt8]])
    func `a message that is too large is refused before it is read`(bytes: [UInt8]) {
        var session = opened(limit: 4)
        guard case .end(.tooLarge) = session.receive(bytes).last else {
            Issue.record("it was taken")
            return
        }
    }

    @Test func `an answer to the handshake without an end is refused before it is all read`() {
        var session = WebSocketSession(handshake, maximumMessageSize: 10)
        let line = Array("X-Much: more\r\n".utf8)
        var actions: [WebSocketSession.Action] = []
        for _ in 0..<6000 where actions.isEmpty { actions = session.receive(line) }
        guard case .end(.refused) = actions.last else {
            Issue.record("it was read on")
            return
        }
    }

    @Test func `nothing more is read while a megabyte waits for the reader`() async throws {
        let channel = WebSocketChannel(bell: MultiHandle(maximumIdleConnections: 1))
        let message = WebSocketMessage.binary([UInt8](repeating: 0, count: 600_000))
        channel.deliver(message)
        #expect(channel.wantsMore)
        channel.deliver(message)
        #expect(!channel.wantsMore)
        _ = try await channel.next()
        #expect(channel.wantsMore)
    }

    @Test func `the connection's end means what the conversation had come to`() {
        var early = WebSocketSession(handshake, maximumMessageSize: 10)
        guard case .end(.refused) = early.receiveEnd().last else {
            Issue.record("a handshake was not refused")
            return
        }
        var open = opened()
        #expect(open.receiveEnd() == [.end(.lost)])
        var closing = opened()
        #expect(closing.close() != nil && closing.close() == nil)
        #expect(closing.receiveEnd() == [.end(.closed(code: nil))])
    }

    @Test func `messages that come before the answer to our goodbye are still delivered`() {
        var session = opened()
        _ = session.close()
        #expect(session.receive([0x81, 1, 0x61, 0x88, 0]) == [.deliver(.text("a")), .end(.closed(code: nil))])
    }
}
