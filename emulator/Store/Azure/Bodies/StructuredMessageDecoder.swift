import Cryptography
import NIOCore

/// Takes a structured message apart as it arrives: content in segments, each followed by its checksum
/// (`x-ms-structured-body: XSM/1.0; properties=crc64`).
///
/// All numbers are little-endian. A header of 13 bytes (version 1, length of the message, flags, number of segments), then
/// the segments (number, length of content, content, CRC-64), then the CRC-64 of the whole content. Flag 1: there are
/// checksums.
struct StructuredMessageDecoder {
    private enum Step {
        case header, segmentHeader, content, segmentFooter, footer, done
    }

    private var step = Step.header
    private var buffer = ByteBuffer()
    private var hasChecksums = false
    private var length: UInt64 = 0
    private var received: UInt64 = 0
    private var segmentCount = 0
    private var segment = 0
    private var left: UInt64 = 0
    private var segmentCRC = CRC(.crc64nvme)
    private var contentCRC = CRC(.crc64nvme)

    /// The checksum of the content so far.
    var checksum: CRC { contentCRC }

    /// The content in the next bytes of the message.
    mutating func decode(_ bytes: ByteBuffer) throws(AzureError) -> ByteBuffer {
        received += UInt64(bytes.readableBytes)
        buffer.writeImmutableBuffer(bytes)
        var content = ByteBuffer()
        while try advance(&content) {}
        buffer.discardReadBytes()
        return content
    }

    /// Ends the message.
    mutating func finish() throws(AzureError) {
        guard case .done = step, buffer.readableBytes == 0, received == length else { throw Self.malformed }
    }

    /// Takes one step; false where more bytes are needed.
    private mutating func advance(_ content: inout ByteBuffer) throws(AzureError) -> Bool {
        switch step {
        case .header:
            guard buffer.readableBytes >= 13 else { return false }
            let version = read(UInt8.self)
            length = read(UInt64.self)
            let flags = read(UInt16.self)
            segmentCount = Int(read(UInt16.self))
            guard version == 1, flags <= 1 else { throw Self.malformed }
            hasChecksums = flags == 1
            step = segmentCount == 0 ? .footer : .segmentHeader
        case .segmentHeader:
            guard buffer.readableBytes >= 10 else { return false }
            segment += 1
            guard Int(read(UInt16.self)) == segment else { throw Self.malformed }
            left = read(UInt64.self)
            segmentCRC = CRC(.crc64nvme)
            step = .content
        case .content:
            if left > 0 {
                let count = Int(min(left, UInt64(buffer.readableBytes)))
                guard count > 0, let piece = buffer.readSlice(length: count) else { return false }
                left -= UInt64(count)
                piece.withUnsafeReadableBytes { bytes in
                    segmentCRC.update(bytes)
                    contentCRC.update(bytes)
                }
                content.writeImmutableBuffer(piece)
            }
            if left == 0 { step = .segmentFooter }
        case .segmentFooter:
            guard try check(segmentCRC) else { return false }
            step = segment == segmentCount ? .footer : .segmentHeader
        case .footer:
            guard try check(contentCRC) else { return false }
            step = .done
        case .done:
            if buffer.readableBytes > 0 { throw Self.malformed }
            return false
        }
        return true
    }

    /// Compares with the checksum that comes next; false where it is not there yet.
    private mutating func check(_ crc: CRC) throws(AzureError) -> Bool {
        guard hasChecksums else { return true }
        guard buffer.readableBytes >= 8 else { return false }
        guard read(UInt64.self) == crc.value else { throw .crc64Mismatch }
        return true
    }

    private mutating func read<Number: FixedWidthInteger>(_ type: Number.Type) -> Number {
        buffer.readInteger(endianness: .little, as: type) ?? 0
    }

    private static let malformed = AzureError(
        400, "InvalidStructuredBody", "The structured message in the request's body is not well-formed.")
}
