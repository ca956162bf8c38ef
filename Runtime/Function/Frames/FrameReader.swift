internal import Glibc
internal import JSON

/// Cuts a stream of bytes into frames. Pure: whoever reads the bytes appends them, in pieces of any size.
///
///     reader.append(bytes)
///     while let frame = try reader.next() { handle(frame) }
///
/// After `notAFrame` and `malformed` the line is gone and reading may go on; the other errors are final.
package struct FrameReader: Sendable {
    private let limits: FrameLimits
    private var buffer: [UInt8] = []
    private var start = 0
    /// Bytes from `start` that are known to hold no newline.
    private var scanned = 0
    /// A frame whose raw bytes have not all come.
    private var waiting: (members: JSONObject, bytes: Int)?

    /// - Parameter limits: the sizes to keep to.
    package init(limits: FrameLimits = .standard) {
        self.limits = limits
    }

    /// Takes what has been read.
    package mutating func append(_ bytes: some Sequence<UInt8>) {
        if start == buffer.count {
            buffer.removeAll(keepingCapacity: buffer.capacity <= 2 * limits.chunk)
            start = 0
        } else if start > 65_536, start > buffer.count / 2 {
            buffer.removeSubrange(..<start)
            start = 0
        }
        buffer.append(contentsOf: bytes)
    }

    /// Bytes that wait for the rest of their frame.
    package var pendingBytes: Int { buffer.count - start }

    /// The next whole frame, or nil when more bytes are needed.
    ///
    /// - Throws: ``FrameError``.
    package mutating func next() throws(FrameError) -> Frame? {
        if let waiting {
            guard buffer.count - start >= waiting.bytes else { return nil }
            self.waiting = nil
            let payload = Array(buffer[start..<start + waiting.bytes])
            start += waiting.bytes
            return try Frame(waiting.members, payload: payload)
        }
        guard let members = try line() else { return nil }
        guard let count = members["bytes"], members["type"] != "credit" else { return try Frame(members, payload: nil) }
        guard let count = count.int, count >= 0 else {
            throw .malformed(
                type: members["type"]?.string ?? "", id: members["id"]?.string, reason: "bytes must be a whole number")
        }
        guard count <= limits.chunk else { throw .chunkTooLong(bytes: count, limit: limits.chunk) }
        waiting = (members, count)
        return try next()
    }

    /// Says that the input has ended.
    ///
    /// - Throws: ``FrameError/truncated(bytes:)`` when a frame has begun and not ended.
    package func finish() throws(FrameError) {
        if waiting != nil || pendingBytes > 0 { throw .truncated(bytes: pendingBytes) }
    }

    private mutating func line() throws(FrameError) -> JSONObject? {
        let available = buffer.count - start
        guard let length = newline(from: scanned) else {
            scanned = available
            guard available <= limits.line else { throw .lineTooLong(limit: limits.line) }
            return nil
        }
        guard length <= limits.line else { throw .lineTooLong(limit: limits.line) }
        let line = buffer[start..<start + length]
        start += length + 1
        scanned = 0
        let value: JSON
        do { value = try JSON(parsing: line) } catch {
            throw .notAFrame(line: Self.excerpt(line), reason: error.description)
        }
        guard case .object(let members) = value, members["type"]?.string != nil else {
            throw .notAFrame(line: Self.excerpt(line), reason: "want an object with a \"type\"")
        }
        return members
    }

    /// Bytes before the next newline, when there is one.
    private func newline(from offset: Int) -> Int? {
        buffer.withUnsafeBytes { bytes in
            guard let base = bytes.baseAddress else { return nil }
            let line = base + start
            return memchr(line + offset, 0x0A, bytes.count - start - offset).map { UnsafeRawPointer($0) - line }
        }
    }

    private static func excerpt(_ line: ArraySlice<UInt8>) -> String {
        let text = String(decoding: line.prefix(200), as: UTF8.self)
        return line.count > 200 ? text + "…" : text
    }
}
