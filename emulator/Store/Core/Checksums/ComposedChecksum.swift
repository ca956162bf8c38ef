import Cryptography
import NIOCore

/// The checksum of an object from those of its parts: a checksum of checksums (composite), or the checksum of the
/// whole, which cyclic redundancy checks allow to compute without the bytes.
struct ComposedChecksum {
    private let algorithm: ChecksumAlgorithm?
    private let isComposite: Bool
    private var bytes: [UInt8] = []
    private var whole: UInt64 = 0
    private var count = 0
    private var isComplete = true

    init(_ algorithm: ChecksumAlgorithm?, isComposite: Bool) {
        self.algorithm = algorithm
        self.isComposite = isComposite
    }

    /// - Parameter checksum: the next part's, in base64.
    mutating func add(_ checksum: String, size: Int64) {
        guard let algorithm, let part = Base64.decode(checksum), part.count == algorithm.byteCount else {
            isComplete = false
            return
        }
        if isComposite {
            bytes += part
        } else if let kind = algorithm.crc {
            let value = part.reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
            whole = count == 0 ? value : CRC.combine(kind, whole, value, secondLength: size)
        }
        count += 1
    }

    /// In base64, with the number of parts where it is composite; nil when a part had no checksum.
    var value: String? {
        guard let algorithm, isComplete, count > 0 else { return nil }
        if isComposite {
            var hasher = ChecksumHasher(algorithm)
            hasher.update(ByteBuffer(bytes: bytes))
            return Base64.encode(hasher.finalize()) + "-\(count)"
        }
        return Base64.encode(
            (0..<algorithm.byteCount).map {
                UInt8(truncatingIfNeeded: whole >> UInt64((algorithm.byteCount - 1 - $0) * 8))
            })
    }
}
