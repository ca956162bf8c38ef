import COpenSSL

/// What all TLS sessions of one server share.
package final class TLSContext: Sendable {
    // Counted by reference and safe to make sessions from on any thread (SSL_CTX_new(3)).
    nonisolated(unsafe) let pointer: OpaquePointer

    /// - Throws: ``CryptoError`` when OpenSSL does not take the certificate or its key.
    package init(_ credentials: ServerCredentials) throws(CryptoError) {
        pointer = OpenSSL.require(SSL_CTX_new(TLS_server_method()), "SSL_CTX_new")
        let (certificate, key) = (credentials.certificate, credentials.privateKey)
        try OpenSSL.check(
            SSL_CTX_use_certificate_ASN1(pointer, Int32(certificate.count), certificate),
            "SSL_CTX_use_certificate_ASN1")
        try OpenSSL.check(
            SSL_CTX_use_PrivateKey_ASN1(EVP_PKEY_EC, pointer, key, key.count), "SSL_CTX_use_PrivateKey_ASN1")
    }

    deinit { SSL_CTX_free(pointer) }
}
