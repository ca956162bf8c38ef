import COpenSSL

/// A certificate for a server on this machine, and the authority that signed it: both made on the spot, valid for a year.
///
/// Clients are given ``authority`` to trust. The authority's private key is forgotten at once, so nothing else can ever be signed
/// with it.
package struct ServerCredentials: Sendable {
    /// The authority's certificate as PEM (RFC 7468).
    package let authority: String
    /// The server's certificate as DER.
    let certificate: [UInt8]
    /// The server's private key as DER.
    let privateKey: [UInt8]

    /// - Parameters:
    ///   - names: the server's host names.
    ///   - addresses: its IP addresses.
    /// - Throws: ``CryptoError`` when OpenSSL does not take a name or an address.
    package init(names: [String], addresses: [String]) throws(CryptoError) {
        let authorityKey = try CertificateKey()
        let issuer = try Certificate(subject: "Darkroom stand-ins", key: authorityKey)
        try issuer.sign(
            by: issuer, with: authorityKey,
            extensions: [
                (NID_basic_constraints, "critical,CA:TRUE"), (NID_key_usage, "critical,keyCertSign"),
                (NID_subject_key_identifier, "hash"),
            ])
        let key = try CertificateKey()
        let server = try Certificate(subject: names.first ?? addresses.first ?? "localhost", key: key)
        let alternatives = names.map { "DNS:\($0)" } + addresses.map { "IP:\($0)" }
        try server.sign(
            by: issuer, with: authorityKey,
            extensions: [
                (NID_basic_constraints, "critical,CA:FALSE"), (NID_key_usage, "critical,digitalSignature"),
                (NID_ext_key_usage, "serverAuth"), (NID_subject_key_identifier, "hash"),
                (NID_authority_key_identifier, "keyid"),
                (NID_subject_alt_name, alternatives.joined(separator: ",")),
            ])
        authority = try issuer.pem
        certificate = try server.der
        privateKey = try key.der
    }
}

/// A private key on the curve P-256.
private final class CertificateKey {
    let pointer: OpaquePointer

    init() throws(CryptoError) {
        let context = OpenSSL.require(EVP_PKEY_CTX_new_from_name(nil, "EC", nil), "EVP_PKEY_CTX_new_from_name")
        defer { EVP_PKEY_CTX_free(context) }
        try OpenSSL.check(EVP_PKEY_keygen_init(context), "EVP_PKEY_keygen_init")
        try OpenSSL.check(EVP_PKEY_CTX_set_group_name(context, "P-256"), "EVP_PKEY_CTX_set_group_name")
        var key: OpaquePointer?
        try OpenSSL.check(EVP_PKEY_generate(context, &key), "EVP_PKEY_generate")
        pointer = OpenSSL.require(key, "EVP_PKEY_generate")
    }

    deinit { EVP_PKEY_free(pointer) }

    var der: [UInt8] {
        get throws(CryptoError) { try OpenSSL.encoded("i2d_PrivateKey") { i2d_PrivateKey(pointer, $0) } }
    }
}

/// An X.509 certificate (RFC 5280) that is being made.
private final class Certificate {
    private let pointer = OpenSSL.require(X509_new(), "X509_new")
    private static let lifetime = 365 * 86_400

    init(subject: String, key: CertificateKey) throws(CryptoError) {
        // Version 3; a positive number of 63 bits as its serial number; one day early for clocks that are behind.
        try OpenSSL.check(X509_set_version(pointer, 2), "X509_set_version")
        let serial = SecureRandom.bytes(8).reduce(UInt64(0)) { $0 << 8 | UInt64($1) } >> 1 | 1
        try OpenSSL.check(ASN1_INTEGER_set_uint64(X509_get_serialNumber(pointer), serial), "ASN1_INTEGER_set_uint64")
        X509_gmtime_adj(X509_getm_notBefore(pointer), -86_400)
        X509_gmtime_adj(X509_getm_notAfter(pointer), Self.lifetime)
        try OpenSSL.check(X509_set_pubkey(pointer, key.pointer), "X509_set_pubkey")
        let name = X509_get_subject_name(pointer)
        try OpenSSL.check(
            X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_UTF8, subject, -1, -1, 0), "X509_NAME_add_entry_by_txt")
    }

    deinit { X509_free(pointer) }

    func sign(
        by issuer: Certificate, with key: CertificateKey, extensions: [(id: Int32, value: String)]
    ) throws(CryptoError) {
        try OpenSSL.check(X509_set_issuer_name(pointer, X509_get_subject_name(issuer.pointer)), "X509_set_issuer_name")
        var context = X509V3_CTX()
        X509V3_set_ctx(&context, issuer.pointer, pointer, nil, nil, 0)
        for (id, value) in extensions {
            guard let made = X509V3_EXT_conf_nid(nil, &context, id, value) else {
                throw OpenSSL.failure("X509V3_EXT_conf_nid")
            }
            defer { X509_EXTENSION_free(made) }
            try OpenSSL.check(X509_add_ext(pointer, made, -1), "X509_add_ext")
        }
        guard X509_sign(pointer, key.pointer, EVP_sha256()) > 0 else { throw OpenSSL.failure("X509_sign") }
    }

    var der: [UInt8] {
        get throws(CryptoError) { try OpenSSL.encoded("i2d_X509") { i2d_X509(pointer, $0) } }
    }

    var pem: String {
        get throws(CryptoError) {
            let lines = Base64.encode(try der).chunks(of: 64).joined(separator: "\n")
            return "-----BEGIN CERTIFICATE-----\n\(lines)\n-----END CERTIFICATE-----\n"
        }
    }
}

extension OpenSSL {
    /// The DER that an `i2d` function writes: asked for its length first, then for its bytes.
    fileprivate static func encoded(
        _ call: StaticString, _ write: (UnsafeMutablePointer<UnsafeMutablePointer<UInt8>?>?) -> Int32
    ) throws(CryptoError) -> [UInt8] {
        let length = write(nil)
        guard length > 0 else { throw failure(call) }
        return [UInt8](unsafeUninitializedCapacity: Int(length)) { buffer, count in
            var cursor = buffer.baseAddress
            count = Int(write(&cursor))
        }
    }
}

extension String {
    fileprivate func chunks(of size: Int) -> [Substring] {
        stride(from: 0, to: utf8.count, by: size).map { dropFirst($0).prefix(size) }
    }
}
