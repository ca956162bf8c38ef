import COpenSSL

/// Random bytes fit for keys, tokens and salts.
package enum SecureRandom {
    /// `count` bytes of OpenSSL's generator.
    package static func bytes(_ count: Int) -> [UInt8] {
        [UInt8](unsafeUninitializedCapacity: count) { buffer, initialized in
            OpenSSL.require(RAND_bytes(buffer.baseAddress, Int32(count)), "RAND_bytes")
            initialized = count
        }
    }
}
