/// A WebSocket connection from the client's side as a pure state machine: bytes go in, actions come out, and whoever holds
/// the socket performs them.
struct WebSocketSession {
    enum Action: Hashable {
        /// The handshake is done.
        case opened
        case deliver(WebSocketMessage)
        case send([UInt8])
        /// Nothing comes after it; what was to be sent before is still sent.
        case end(End)
    }

    enum End: Hashable {
        /// Both sides said goodbye. The code is the server's; nil when it gave none.
        case closed(code: UInt16?)
        case refused(String)
        case broken(String)
        case tooLarge(String)
        case lost
    }

    private enum Phase {
        case handshake
        case open
        /// We have said goodbye and wait for the server's.
        case closing
        case ended
    }

    private let handshake: WebSocketHandshake
    private let maximumMessageSize: Int
    private var phase = Phase.handshake
    private var head: [UInt8] = []
    private var parser: WebSocketFrameParser
    /// The message whose fragments are coming in.
    private var opcode: WebSocketFrame.Opcode?
    private var payload: [UInt8] = []
    private var random = SystemRandomNumberGenerator()

    /// Bytes the head of the handshake's answer may have.
    private static let largestHead = 64 << 10

    init(_ handshake: WebSocketHandshake, maximumMessageSize: Int) {
        self.handshake = handshake
        self.maximumMessageSize = maximumMessageSize
        parser = WebSocketFrameParser(largestPayload: maximumMessageSize)
    }

    var isOpening: Bool { phase == .handshake }
    var isOpen: Bool { phase == .open }

    /// What opens the conversation.
    var opening: [UInt8] { handshake.request }

    mutating func receive(_ bytes: some Sequence<UInt8>) -> [Action] {
        var actions: [Action] = []
        switch phase {
        case .ended: return []
        case .handshake:
            head.append(contentsOf: bytes)
            guard let end = head.firstRange(of: Array("\r\n\r\n".utf8)) else {
                return head.count > Self.largestHead ? finish(.refused("the answer to the handshake has no end")) : []
            }
            if let objection = objection(toHead: head[..<end.lowerBound]) { return finish(.refused(objection)) }
            phase = .open
            actions.append(.opened)
            parser.add(head[end.upperBound...])
            head = []
        case .open, .closing: parser.add(bytes)
        }
        do throws(WebSocketViolation) {
            while phase != .ended, let frame = try parser.next() { actions += try receive(frame) }
        } catch {
            let end = error.code == 1009 ? End.tooLarge(error.reason) : End.broken(error.reason)
            actions += [.send(encode(.close, Self.closePayload(error.code)))] + finish(end)
        }
        return actions
    }

    /// The connection's end, as the socket tells it.
    mutating func receiveEnd() -> [Action] {
        switch phase {
        case .ended: []
        // We have said all we wanted to; that the server hangs up instead of answering is its affair.
        case .closing: finish(.closed(code: nil))
        case .handshake: finish(.refused("the server hung up instead of opening a WebSocket"))
        case .open: finish(.lost)
        }
    }

    mutating func send(_ message: WebSocketMessage) -> [UInt8] {
        switch message {
        case .text(let text): encode(.text, Array(text.utf8))
        case .binary(let bytes): encode(.binary, bytes)
        }
    }

    /// Asks the server for a sign of life.
    mutating func ping() -> [UInt8] { encode(.ping, []) }

    /// Says goodbye; nil when that was done or nobody is there to hear it.
    mutating func close() -> [UInt8]? {
        guard phase == .open else { return nil }
        phase = .closing
        return encode(.close, Self.closePayload(1000))
    }

    private func objection(toHead bytes: ArraySlice<UInt8>) -> String? {
        var head = ResponseHead()
        for line in String(decoding: bytes, as: UTF8.self).split(separator: "\r\n") {
            guard head.add(line: String(line)) else { return "the answer to the handshake is not HTTP" }
        }
        return handshake.objection(to: head)
    }

    private mutating func receive(_ frame: WebSocketFrame) throws(WebSocketViolation) -> [Action] {
        switch frame.opcode {
        case .ping: return phase == .open ? [.send(encode(.pong, frame.payload))] : []
        case .pong: return []
        case .close: return try receiveClose(frame.payload)
        case .text, .binary:
            guard opcode == nil else { throw .violation("a message begins inside another one") }
            opcode = frame.opcode
            payload = frame.payload
        case .continuation:
            guard opcode != nil else { throw .violation("a continuation frame continues nothing") }
            guard payload.count + frame.payload.count <= maximumMessageSize else { throw .tooLarge(maximumMessageSize) }
            payload += frame.payload
        }
        guard frame.isFinal else { return [] }
        defer {
            opcode = nil
            payload = []
        }
        if opcode == .binary { return [.deliver(.binary(payload))] }
        guard let text = String(validating: payload, as: UTF8.self) else { throw .notText }
        return [.deliver(.text(text))]
    }

    private mutating func receiveClose(_ payload: [UInt8]) throws(WebSocketViolation) -> [Action] {
        guard payload.count != 1 else { throw .violation("a close frame has half a code") }
        let code = payload.count >= 2 ? UInt16(payload[0]) << 8 | UInt16(payload[1]) : nil
        let answer = phase == .open ? [Action.send(encode(.close, Array(payload.prefix(2))))] : []
        return answer + finish(.closed(code: code))
    }

    private mutating func finish(_ end: End) -> [Action] {
        phase = .ended
        return [.end(end)]
    }

    private mutating func encode(_ opcode: WebSocketFrame.Opcode, _ payload: [UInt8]) -> [UInt8] {
        WebSocketFrame(opcode: opcode, payload: payload).encoded(mask: random.next())
    }

    private static func closePayload(_ code: UInt16) -> [UInt8] { [UInt8(code >> 8), UInt8(code & 0xFF)] }
}
