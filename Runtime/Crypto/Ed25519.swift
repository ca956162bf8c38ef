import COpenSSL

/// Ed25519 signatures (RFC 8032).
package enum Ed25519 {
    /// Whether `signature` over `message` was made with the private half of `publicKey`.
    ///
    /// - Parameters:
    ///   - signature: 64 bytes; any other length is simply not a valid signature.
    ///   - publicKey: 32 bytes.
    /// - Throws: ``CryptoError/wrongLength(what:expected:actual:)`` for a key that is none.
    package static func isValid(
        signature: [UInt8], for message: [UInt8], publicKey: [UInt8]
    ) throws(CryptoError) -> Bool {
        guard publicKey.count == 32 else {
            throw .wrongLength(what: "Ed25519 public key", expected: 32, actual: publicKey.count)
        }
        guard signature.count == 64 else { return false }
        let key = OpenSSL.require(
            EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, nil, publicKey, publicKey.count),
            "EVP_PKEY_new_raw_public_key")
        defer { EVP_PKEY_free(key) }
        let context = OpenSSL.require(EVP_MD_CTX_new(), "EVP_MD_CTX_new")
        defer { EVP_MD_CTX_free(context) }
        try OpenSSL.check(EVP_DigestVerifyInit(context, nil, nil, nil, key), "EVP_DigestVerifyInit")
        let valid = EVP_DigestVerify(context, signature, signature.count, message, message.count) == 1
        // "Wrong signature" leaves an entry on the thread's error queue; it must not explain somebody else's failure.
        ERR_clear_error()
        return valid
    }

    /// Signs `message`.
    ///
    /// - Parameter privateKey: 32 bytes.
    /// - Throws: ``CryptoError/wrongLength(what:expected:actual:)`` for a key that is none.
    package static func sign(_ message: [UInt8], privateKey: [UInt8]) throws(CryptoError) -> [UInt8] {
        let key = try Self.key(privateKey)
        defer { EVP_PKEY_free(key) }
        let context = OpenSSL.require(EVP_MD_CTX_new(), "EVP_MD_CTX_new")
        defer { EVP_MD_CTX_free(context) }
        try OpenSSL.check(EVP_DigestSignInit(context, nil, nil, nil, key), "EVP_DigestSignInit")
        var signature = [UInt8](repeating: 0, count: 64)
        var length = signature.count
        try OpenSSL.check(EVP_DigestSign(context, &signature, &length, message, message.count), "EVP_DigestSign")
        return signature
    }

    /// The public half of a private key.
    ///
    /// - Parameter privateKey: 32 bytes.
    /// - Throws: ``CryptoError/wrongLength(what:expected:actual:)`` for a key that is none.
    package static func publicKey(of privateKey: [UInt8]) throws(CryptoError) -> [UInt8] {
        let key = try Self.key(privateKey)
        defer { EVP_PKEY_free(key) }
        var bytes = [UInt8](repeating: 0, count: 32)
        var length = bytes.count
        try OpenSSL.check(EVP_PKEY_get_raw_public_key(key, &bytes, &length), "EVP_PKEY_get_raw_public_key")
        return bytes
    }

    private static func key(_ privateKey: [UInt8]) throws(CryptoError) -> OpaquePointer {
        guard privateKey.count == 32 else {
            throw .wrongLength(what: "Ed25519 private key", expected: 32, actual: privateKey.count)
        }
        return OpenSSL.require(
            EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, nil, privateKey, privateKey.count),
            "EVP_PKEY_new_raw_private_key")
    }
}
