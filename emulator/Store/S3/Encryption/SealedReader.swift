import Cryptography
import NIOCore

/// Hands out the bytes of an object as its client sent them: decrypted, where ``SealedWriter`` encrypted them.
struct SealedReader: Sendable {
    private let reader: ContentReader
    private let segments: [Segment]
    private let key: CustomerKey?

    /// - Parameters:
    ///   - reader: over ``stored(_:_:)`` of the same segments.
    ///   - key: the key that was checked, where the object is encrypted.
    init(_ reader: ContentReader, _ segments: [Segment], _ key: CustomerKey?) {
        self.reader = reader
        self.segments = segments
        self.key = key
    }

    /// What has to be read for `segments`: each one's counter goes before it where there is a key.
    static func stored(_ segments: [Segment], _ key: CustomerKey?) -> [Segment] {
        if key == nil { return segments }
        let count = Int64(AES256CTR.counterByteCount)
        return segments.flatMap { segment in
            segment.isHole ? [segment] : [Segment(content: segment.content, offset: 0, length: count), segment]
        }
    }

    /// What is stored, as it is.
    var plain: ContentReader { reader }

    /// All bytes, in buffers of at most 1 MiB.
    func forEachBuffer(_ body: (ByteBuffer) async throws -> Void) async throws {
        guard let key else { return try await reader.forEachBuffer(body) }
        for segment in segments {
            var cipher: AES256CTR?
            if !segment.isHole {
                let counter = try await next()
                let offset = segment.offset - Int64(AES256CTR.counterByteCount)
                cipher = try AES256CTR(key: key.bytes, counter: Array(counter.readableBytesView), offset: offset)
            }
            var left = segment.length
            while left > 0 {
                var bytes = try await next()
                left -= Int64(bytes.readableBytes)
                bytes.withUnsafeMutableReadableBytes { cipher?.apply(to: $0) }
                try await body(bytes)
            }
        }
    }

    private func next() async throws -> ByteBuffer {
        guard let bytes = try await reader.nextBuffer() else { throw StoreError.contentMissing(path: "content") }
        return bytes
    }
}
