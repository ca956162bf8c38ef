import COpenSSL

/// Keyed hashes (RFC 2104).
package enum HMAC {
    /// HMAC-SHA256 of `message`, 32 bytes.
    package static func sha256(_ message: some Sequence<UInt8>, key: some Sequence<UInt8>) -> [UInt8] {
        compute(.sha256, Array(message), Array(key), byteCount: SHA256.byteCount)
    }

    /// HMAC-SHA1 of `message`, 20 bytes; for protocols that ask for it.
    package static func sha1(_ message: some Sequence<UInt8>, key: some Sequence<UInt8>) -> [UInt8] {
        compute(.sha1, Array(message), Array(key), byteCount: SHA1.byteCount)
    }

    private static func compute(
        _ algorithm: DigestAlgorithm, _ message: [UInt8], _ key: [UInt8], byteCount: Int
    ) -> [UInt8] {
        [UInt8](unsafeUninitializedCapacity: byteCount) { output, count in
            // An empty array may have no address at all, which OpenSSL would read as "no key": hand it one byte.
            let result = COpenSSL.HMAC(
                algorithm.method, key.isEmpty ? [0] : key, Int32(key.count), message, message.count,
                output.baseAddress, nil)
            _ = OpenSSL.require(result, "HMAC")
            count = byteCount
        }
    }
}
