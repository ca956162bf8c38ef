import Cryptography

/// The checksums that S3 keeps with objects, those first that tell most.
enum ObjectChecksum: String, CaseIterable, Sendable {
    case sha256, crc64nvme, crc32c, crc32, sha1

    /// Of a response that tells it.
    var header: String { "x-amz-checksum-\(rawValue)" }

    /// Of documents that tell it.
    var element: String { "Checksum\(rawValue.uppercased())" }

    /// Over nothing yet.
    var hash: any HashFunction {
        switch self {
        case .sha256: SHA256()
        case .crc64nvme: CRC64NVME()
        case .crc32c: CRC32C()
        case .crc32: CRC32()
        case .sha1: SHA1()
        }
    }

    /// A checksum as it is written; nil for what is none of this kind.
    func decode(_ text: some StringProtocol) -> [UInt8]? {
        guard let digest = Base64.decode(String(text)), digest.count == type(of: hash).byteCount else { return nil }
        return digest
    }
}
