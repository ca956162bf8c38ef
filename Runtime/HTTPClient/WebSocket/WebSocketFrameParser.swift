/// Finds a server's frames in its bytes, cut anywhere.
struct WebSocketFrameParser {
    private var bytes: [UInt8] = []
    /// Where the first byte is that no frame has taken.
    private var start = 0
    private let largestPayload: Int

    /// - Parameter largestPayload: bytes of one frame's payload; a longer one is refused as soon as its length is read.
    init(largestPayload: Int) { self.largestPayload = largestPayload }

    mutating func add(_ more: some Sequence<UInt8>) {
        if start == bytes.count {
            bytes.removeAll(keepingCapacity: true)
            start = 0
        }
        bytes.append(contentsOf: more)
    }

    /// The next frame; nil until all of it has arrived.
    mutating func next() throws(WebSocketViolation) -> WebSocketFrame? {
        let head = bytes[start...]
        guard head.count >= 2 else { return nil }
        let (first, second) = (head[start], head[start + 1])
        guard first & 0x70 == 0 else { throw .violation("a frame uses an extension that was not negotiated") }
        guard let opcode = WebSocketFrame.Opcode(rawValue: first & 0x0F) else {
            throw .violation("a frame has the unknown opcode \(first & 0x0F)")
        }
        guard second & 0x80 == 0 else { throw .violation("a frame of the server is masked") }
        let isFinal = first & 0x80 != 0
        let short = Int(second & 0x7F)
        guard !opcode.isControl || isFinal && short <= WebSocketFrame.largestControl else {
            throw .violation("a control frame is fragmented or has more than 125 bytes")
        }
        guard let (length, width) = try length(short, after: start + 2) else { return nil }
        guard length <= UInt64(largestPayload) else { throw .tooLarge(largestPayload) }
        let content = start + 2 + width
        guard bytes.count - content >= Int(length) else { return nil }
        start = content + Int(length)
        return WebSocketFrame(opcode: opcode, isFinal: isFinal, payload: Array(bytes[content..<start]))
    }

    /// The payload's length and how many further bytes told it; nil until they have arrived.
    private func length(_ short: Int, after index: Int) throws(WebSocketViolation) -> (UInt64, width: Int)? {
        guard short >= 126 else { return (UInt64(short), 0) }
        let width = short == 126 ? 2 : 8
        guard bytes.count - index >= width else { return nil }
        let length = bytes[index..<index + width].reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
        guard length > (width == 2 ? 125 : 0xFFFF), length <= UInt64(Int64.max) else {
            throw .violation("a frame tells its length in a way that is not the shortest")
        }
        return (length, width)
    }
}
