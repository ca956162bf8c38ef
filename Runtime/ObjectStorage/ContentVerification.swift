import Cryptography
import HTTPClient

/// Compares what arrives with the checksum that the store tells of it.
struct ContentVerification: Sendable {
    private let key: String
    private let expected: [UInt8]
    private var hash: any HashFunction

    /// Nil without a checksum in `header` that is the whole content's: S3's of an object in parts says `…-N` and is not.
    init?(_ key: String, _ header: String?, _ hash: any HashFunction) {
        guard let expected = header.flatMap({ Base64.decode($0) }), expected.count == type(of: hash).byteCount else {
            return nil
        }
        (self.key, self.expected, self.hash) = (key, expected, hash)
    }

    mutating func update(_ bytes: [UInt8]) { hash.update(bytes) }

    /// - Throws: ``ObjectStorageError/Kind/damaged``.
    func finish() throws(ObjectStorageError) {
        guard hash.finalize() == expected else {
            throw ObjectStorageError(
                .damaged, "what arrived does not have the checksum that the store tells of it; get it again",
                operation: "get", key: key)
        }
    }
}
