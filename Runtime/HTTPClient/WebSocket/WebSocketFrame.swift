/// The unit a WebSocket message travels in (RFC 6455, section 5.2).
struct WebSocketFrame: Hashable, Sendable {
    enum Opcode: UInt8, Sendable {
        case continuation = 0x0
        case text = 0x1
        case binary = 0x2
        case close = 0x8
        case ping = 0x9
        case pong = 0xA

        /// Control frames may come between the fragments of a message and are never fragmented themselves.
        var isControl: Bool { rawValue & 0x8 != 0 }
    }

    var opcode: Opcode
    /// Whether it is the last one of its message.
    var isFinal = true
    var payload: [UInt8]

    /// Bytes a control frame may carry (section 5.5).
    static let largestControl = 125

    /// The frame as a client sends it: always masked (section 5.3).
    ///
    /// - Parameter mask: four bytes that nobody can foresee, new for each frame.
    func encoded(mask: UInt32) -> [UInt8] {
        var bytes: [UInt8] = [(isFinal ? 0x80 : 0) | opcode.rawValue]
        bytes.reserveCapacity(payload.count + 14)
        switch payload.count {
        case ...125: bytes.append(0x80 | UInt8(payload.count))
        case ...0xFFFF: bytes += [0x80 | 126] + Self.bigEndian(UInt16(payload.count))
        default: bytes += [0x80 | 127] + Self.bigEndian(UInt64(payload.count))
        }
        let key = Self.bigEndian(mask)
        bytes += key
        for (index, byte) in payload.enumerated() { bytes.append(byte ^ key[index & 3]) }
        return bytes
    }

    private static func bigEndian(_ number: some FixedWidthInteger) -> [UInt8] {
        withUnsafeBytes(of: number.bigEndian) { Array($0) }
    }
}
