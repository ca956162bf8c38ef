import Cryptography
import NIOCore

/// Puts content into a structured message (see ``StructuredMessageDecoder``) with checksums, in segments of 4 MiB.
struct StructuredMessageEncoder {
    private static let segmentSize: Int64 = 4 << 20

    private let size: Int64
    private let segmentCount: Int64
    private var segment: Int64 = 0
    private var left: Int64 = 0
    private var segmentCRC = CRC(.crc64nvme)
    private var contentCRC = CRC(.crc64nvme)

    /// - Parameter size: bytes of content.
    init(size: Int64) {
        self.size = size
        segmentCount = max(1, (size + Self.segmentSize - 1) / Self.segmentSize)
    }

    /// Bytes of the whole message.
    var messageSize: Int64 { 13 + segmentCount * 18 + size + 8 }

    /// The message's beginning, to be sent before any content.
    mutating func begin() -> ByteBuffer {
        var bytes = ByteBuffer()
        bytes.writeInteger(UInt8(1))
        bytes.writeInteger(UInt64(messageSize), endianness: .little)
        bytes.writeInteger(UInt16(1), endianness: .little)
        bytes.writeInteger(UInt16(segmentCount), endianness: .little)
        beginSegment(&bytes)
        return bytes
    }

    /// The next bytes of content, with what stands around them.
    mutating func encode(_ content: ByteBuffer) -> ByteBuffer {
        var (content, bytes) = (content, ByteBuffer())
        while content.readableBytes > 0 {
            if left == 0 {
                endSegment(&bytes)
                beginSegment(&bytes)
            }
            guard let piece = content.readSlice(length: Int(min(left, Int64(content.readableBytes)))) else { break }
            piece.withUnsafeReadableBytes { raw in
                segmentCRC.update(raw)
                contentCRC.update(raw)
            }
            left -= Int64(piece.readableBytes)
            bytes.writeImmutableBuffer(piece)
        }
        return bytes
    }

    /// The message's end.
    mutating func end() -> ByteBuffer {
        var bytes = ByteBuffer()
        endSegment(&bytes)
        bytes.writeInteger(contentCRC.value, endianness: .little)
        return bytes
    }

    private mutating func beginSegment(_ bytes: inout ByteBuffer) {
        left = min(Self.segmentSize, size - segment * Self.segmentSize)
        segment += 1
        segmentCRC = CRC(.crc64nvme)
        bytes.writeInteger(UInt16(segment), endianness: .little)
        bytes.writeInteger(UInt64(left), endianness: .little)
    }

    private func endSegment(_ bytes: inout ByteBuffer) {
        bytes.writeInteger(segmentCRC.value, endianness: .little)
    }
}
