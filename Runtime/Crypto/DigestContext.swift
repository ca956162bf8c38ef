import COpenSSL

/// Owns one `EVP_MD_CTX`; the storage behind ``SHA256``, ``SHA1`` and ``MD5``.
///
/// Unchecked: a context is changed only by the struct that holds it alone (`isKnownUniquelyReferenced`), so two threads
/// never change one.
final class DigestContext: @unchecked Sendable {
    private let context = OpenSSL.require(EVP_MD_CTX_new(), "EVP_MD_CTX_new")

    init(_ algorithm: DigestAlgorithm) {
        OpenSSL.require(EVP_DigestInit_ex(context, algorithm.method, nil), "EVP_DigestInit_ex")
    }

    private init(copying other: DigestContext) {
        OpenSSL.require(EVP_MD_CTX_copy_ex(context, other.context), "EVP_MD_CTX_copy_ex")
    }

    deinit { EVP_MD_CTX_free(context) }

    func copy() -> DigestContext { DigestContext(copying: self) }

    func update(_ bytes: UnsafeRawBufferPointer) {
        if bytes.isEmpty { return }
        OpenSSL.require(EVP_DigestUpdate(context, bytes.baseAddress, bytes.count), "EVP_DigestUpdate")
    }

    /// The digest so far; computed on a copy, because finalising ends a context.
    func digest(byteCount: Int) -> [UInt8] {
        let copy = copy()
        return [UInt8](unsafeUninitializedCapacity: byteCount) { buffer, count in
            OpenSSL.require(EVP_DigestFinal_ex(copy.context, buffer.baseAddress, nil), "EVP_DigestFinal_ex")
            count = byteCount
        }
    }
}
