import COpenSSL

/// A hash algorithm fetched from OpenSSL once: fetching it for every digest costs more than hashing a short text does.
///
/// Unchecked: an `EVP_MD` does not change after it was fetched.
struct DigestAlgorithm: @unchecked Sendable {
    let method: OpaquePointer

    private init(_ name: String) {
        method = OpenSSL.require(EVP_MD_fetch(nil, name, nil), "EVP_MD_fetch")
    }

    static let sha256 = DigestAlgorithm("SHA256")
    static let sha1 = DigestAlgorithm("SHA1")
    static let md5 = DigestAlgorithm("MD5")
}
