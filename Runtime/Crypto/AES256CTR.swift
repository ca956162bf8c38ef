import COpenSSL

/// AES-256 in counter mode (NIST SP 800-38A, section 6.5): a stream of key bytes that is laid over the data, the same
/// way for encryption and decryption, from any place in the stream. It hides; it does not notice changes.
///
/// One pair of key and counter must never be used for two different texts.
package struct AES256CTR: ~Copyable {
    /// Bytes of a key.
    package static let keyByteCount = 32
    /// Bytes of the first counter block.
    package static let counterByteCount = 16

    private let context = OpenSSL.require(EVP_CIPHER_CTX_new(), "EVP_CIPHER_CTX_new")

    /// The stream of `key` that begins with the block `counter`.
    ///
    /// - Parameter offset: bytes of the stream to pass over.
    /// - Throws: ``CryptoError/wrongLength(what:expected:actual:)``.
    package init(key: [UInt8], counter: [UInt8], offset: Int64 = 0) throws(CryptoError) {
        guard key.count == Self.keyByteCount else {
            throw .wrongLength(what: "AES-256 key", expected: Self.keyByteCount, actual: key.count)
        }
        guard counter.count == Self.counterByteCount else {
            throw .wrongLength(what: "counter block", expected: Self.counterByteCount, actual: counter.count)
        }
        let block = Self.add(UInt64(offset) / 16, to: counter)
        OpenSSL.require(EVP_EncryptInit_ex(context, EVP_aes_256_ctr(), nil, key, block), "EVP_EncryptInit_ex")
        var passed = [UInt8](repeating: 0, count: Int(offset % 16))
        passed.withUnsafeMutableBytes { Self.apply(context, $0) }
    }

    deinit { EVP_CIPHER_CTX_free(context) }

    /// Encrypts or decrypts the next `bytes` where they stand.
    package mutating func apply(to bytes: UnsafeMutableRawBufferPointer) {
        Self.apply(context, bytes)
    }

    private static func apply(_ context: OpaquePointer, _ bytes: UnsafeMutableRawBufferPointer) {
        guard var place = bytes.bindMemory(to: UInt8.self).baseAddress else { return }
        var left = bytes.count
        while left > 0 {
            let step = min(left, 1 << 30)
            var written: Int32 = 0
            OpenSSL.require(EVP_EncryptUpdate(context, place, &written, place, Int32(step)), "EVP_EncryptUpdate")
            place += step
            left -= step
        }
    }

    /// `counter`, a big-endian number, and `blocks` more; it wraps at its end.
    private static func add(_ blocks: UInt64, to counter: [UInt8]) -> [UInt8] {
        var counter = counter
        var carry = blocks
        for index in counter.indices.reversed() where carry > 0 {
            let sum = UInt64(counter[index]) + (carry & 0xff)
            counter[index] = UInt8(truncatingIfNeeded: sum)
            carry = (carry >> 8) + (sum >> 8)
        }
        return counter
    }
}
