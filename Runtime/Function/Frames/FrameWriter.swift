/// Collects frames as bytes, so that many can go out in one write. Pure: whoever owns it writes ``bytes``.
package struct FrameWriter: Sendable {
    private let limits: FrameLimits
    /// What waits to be written.
    package private(set) var bytes: [UInt8] = []

    /// - Parameter limits: the sizes to keep to.
    package init(limits: FrameLimits = .standard) {
        self.limits = limits
    }

    /// Adds a frame.
    ///
    /// - Throws: ``FrameError`` when its line or its raw bytes are too long; nothing has been added then.
    package mutating func write(_ frame: Frame) throws(FrameError) {
        try frame.append(to: &bytes, limits: limits)
    }

    /// Hands over what has been collected and starts anew.
    package mutating func take() -> [UInt8] {
        defer { bytes = [] }
        return bytes
    }

    /// Empties the buffer and keeps its memory.
    package mutating func removeAll() {
        bytes.removeAll(keepingCapacity: true)
    }
}

extension Frame {
    /// Appends the line and the raw bytes.
    ///
    /// - Throws: ``FrameError`` when one of them is too long; nothing has been added then.
    package func append(to bytes: inout [UInt8], limits: FrameLimits = .standard) throws(FrameError) {
        let start = bytes.count
        let payload = payload
        if let payload, payload.count > limits.chunk {
            throw .chunkTooLong(bytes: payload.count, limit: limits.chunk)
        }
        appendLine(to: &bytes)
        guard bytes.count - start <= limits.line else {
            bytes.removeSubrange(start...)
            throw .lineTooLong(limit: limits.line)
        }
        bytes.append(0x0A)
        if let payload { bytes.append(contentsOf: payload) }
    }

    /// The bytes of this one frame.
    ///
    /// - Throws: ``FrameError`` when its line or its raw bytes are too long.
    package func encoded(limits: FrameLimits = .standard) throws(FrameError) -> [UInt8] {
        var writer = FrameWriter(limits: limits)
        try writer.write(self)
        return writer.take()
    }
}
