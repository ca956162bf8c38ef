/// A run of bytes inside one stored content. An object is a list of these: parts and blocks become an object without
/// being copied, and a server-side copy shares its source's contents.
struct Segment: Sendable, Equatable {
    /// The content; 0 is a hole, which reads as zero bytes (page blobs).
    var content: Int64
    /// Where in the content the run begins.
    var offset: Int64
    /// Bytes.
    var length: Int64

    /// Odd numbers are files, even ones live in the database: the way to the bytes needs no look-up.
    var isFile: Bool { content & 1 == 1 }
    var isHole: Bool { content == 0 }
}

extension [Segment] {
    var byteCount: Int64 { reduce(0) { $0 + $1.length } }

    /// The segments that hold `range` of the whole.
    func slice(_ range: Range<Int64>) -> [Segment] {
        var result: [Segment] = []
        var start: Int64 = 0
        for segment in self {
            let end = start + segment.length
            let from = Swift.max(start, range.lowerBound)
            let to = Swift.min(end, range.upperBound)
            if from < to {
                result.append(
                    Segment(content: segment.content, offset: segment.offset + from - start, length: to - from))
            }
            if end >= range.upperBound { break }
            start = end
        }
        return result
    }

    /// Three little-endian 64-bit numbers each.
    var encoded: [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(count * 24)
        for segment in self {
            for number in [segment.content, segment.offset, segment.length] {
                Swift.withUnsafeBytes(of: number.littleEndian) { bytes.append(contentsOf: $0) }
            }
        }
        return bytes
    }

    init(decoding bytes: UnsafeRawBufferPointer) {
        self = stride(from: 0, to: bytes.count - 23, by: 24).map { offset in
            func number(_ index: Int) -> Int64 {
                Int64(littleEndian: bytes.loadUnaligned(fromByteOffset: offset + index * 8, as: Int64.self))
            }
            return Segment(content: number(0), offset: number(1), length: number(2))
        }
    }
}
