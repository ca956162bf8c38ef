import Cryptography
import NIOCore

/// The checksums a client may ask S3 to keep.
enum ChecksumAlgorithm: String, Sendable, CaseIterable {
    case crc32 = "CRC32"
    case crc32c = "CRC32C"
    case crc64nvme = "CRC64NVME"
    case sha1 = "SHA1"
    case sha256 = "SHA256"

    /// The name of the header and, in a trailer, of the field.
    var header: String { "x-amz-checksum-" + rawValue.lowercased() }
    /// The name of the XML element.
    var element: String { "Checksum" + rawValue }

    var byteCount: Int {
        switch self {
        case .crc32, .crc32c: 4
        case .crc64nvme: 8
        case .sha1: 20
        case .sha256: 32
        }
    }

    var crc: CRC.Kind? {
        switch self {
        case .crc32: .crc32
        case .crc32c: .crc32c
        case .crc64nvme: .crc64nvme
        case .sha1, .sha256: nil
        }
    }
}

/// One of them, being computed.
enum ChecksumHasher: Sendable {
    case crc(CRC)
    case sha1(SHA1)
    case sha256(SHA256)

    init(_ algorithm: ChecksumAlgorithm) {
        switch algorithm {
        case .crc32: self = .crc(CRC(.crc32))
        case .crc32c: self = .crc(CRC(.crc32c))
        case .crc64nvme: self = .crc(CRC(.crc64nvme))
        case .sha1: self = .sha1(SHA1())
        case .sha256: self = .sha256(SHA256())
        }
    }

    mutating func update(_ bytes: ByteBuffer) {
        switch self {
        case .crc(var crc):
            bytes.withUnsafeReadableBytes { crc.update($0) }
            self = .crc(crc)
        case .sha1(let hash):
            // Let go of the payload first, so that the hash is not copied.
            var hash = hash
            self = .crc(CRC(.crc32))
            hash.update(bytes.readableBytesView)
            self = .sha1(hash)
        case .sha256(let hash):
            var hash = hash
            self = .crc(CRC(.crc32))
            hash.update(bytes.readableBytesView)
            self = .sha256(hash)
        }
    }

    func finalize() -> [UInt8] {
        switch self {
        case .crc(let crc): return crc.bytes
        case .sha1(let hash): return hash.finalize()
        case .sha256(let hash): return hash.finalize()
        }
    }
}
