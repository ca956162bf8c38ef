import Cryptography
import NIOHTTP1

/// How a client wants a blob encrypted: with a key of its own, which it brings along with every request, or in the name
/// of an encryption scope (https://learn.microsoft.com/azure/storage/blobs/encryption-customer-provided-keys).
///
/// A blob with a client's key really is encrypted, as the S3 dialect does it, and both dialects open it with that key. A
/// scope's key belongs to the service: of it a client sees the name alone.
struct BlobEncryption: Sendable {
    /// The field with the key's SHA-256, which listings tell.
    static let digestField = "customer-key-sha256"
    static let scopeField = "encryption-scope"
    /// What a container without a default scope of its own says it is.
    static let accountScope = "$account-encryption-key"

    /// As the account does it.
    static let none = BlobEncryption(key: nil, scope: nil)

    let key: CustomerKey?
    let scope: String?

    private init(key: CustomerKey?, scope: String?) { (self.key, self.scope) = (key, scope) }

    /// - Parameter granted: the scope that a signature wants everything written in; naming another beside it is wrong.
    init(_ request: HTTPRequest, scope granted: String? = nil) throws(AzureError) {
        key = try CustomerKey(azure: request)
        let named = request.header("x-ms-encryption-scope")
        if let named, let granted, named != granted { throw .invalidHeader("x-ms-encryption-scope", named) }
        scope = named ?? granted
        if key != nil, let scope { throw .invalidHeader("x-ms-encryption-scope", scope) }
    }

    /// Marks what is written with this.
    func mark(_ fields: inout FieldList, in container: BucketRecord) throws(AzureError) {
        try checkPolicy(of: container)
        fields[CustomerKey.field] = key?.fingerprint()
        fields[Self.digestField] = key?.digest
        fields[Self.scopeField] = scope(in: container)
    }

    /// Marks a copy, whose content stays as it is.
    func mark(copy fields: inout FieldList, in container: BucketRecord) throws(AzureError) {
        try checkPolicy(of: container)
        fields[Self.scopeField] = fields[CustomerKey.field] == nil ? scope(in: container) : nil
    }

    private func checkPolicy(of container: BucketRecord) throws(AzureError) {
        let standard = container.fields["default-encryption-scope"] ?? Self.accountScope
        if let scope, container.fields["deny-encryption-scope"] != nil, scope != standard {
            throw AzureError(
                403, "RequestForbiddenByContainerEncryptionPolicy",
                "The request is forbidden by the container's encryption policy: it has a default scope that may not "
                    + "be overridden.")
        }
    }

    /// In the name of which scope something is written to a container; nil: of none.
    func scope(in container: BucketRecord) -> String? {
        let named = scope ?? (key == nil ? container.fields["default-encryption-scope"] : nil)
        return named == Self.accountScope ? nil : named
    }

    /// Refuses to read a blob's content or metadata unless the request brings the key it was written with. Scopes keep
    /// nobody from reading.
    func check(opens record: ObjectRecord) throws(AzureError) {
        try Self.check(key, against: record.fields[CustomerKey.field])
    }

    /// Refuses to change a blob's content or metadata unless the request brings the key, or names the scope, it was
    /// written with.
    func check(changes record: ObjectRecord, in container: BucketRecord) throws(AzureError) {
        try check(opens: record)
        try checkScope(record.fields[Self.scopeField], in: container)
    }

    /// - Parameter kept: the scope in whose name something was written; nil: in that of none.
    func checkScope(_ kept: String?, in container: BucketRecord) throws(AzureError) {
        // Whoever names none means the container's own.
        if scope == nil && kept == nil || scope(in: container) == kept { return }
        if scope == nil { throw Self.keyMissing }
        throw AzureError(
            409, "EncryptionScopeMismatch",
            "The given encryption scope does not match the one that the resource was written with.")
    }

    private static let keyMissing = AzureError(
        409, "BlobUsesCustomerSpecifiedEncryption",
        "The blob is encrypted with customer specified encryption, but it was not provided in the request.")

    static func check(_ key: CustomerKey?, against kept: String?) throws(AzureError) {
        switch (kept, key) {
        case (nil, nil): return
        case (nil, .some):
            throw AzureError(
                409, "BlobDoesNotUseCustomerSpecifiedEncryption",
                "The blob is not encrypted with customer specified encryption, but it was provided in the request.")
        case (.some, nil): throw keyMissing
        case (let kept?, let key?):
            if !key.matches(kept) {
                throw AzureError(
                    409, "BlobCustomerSpecifiedEncryptionMismatch",
                    "The given customer specified encryption does not match the encryption used to encrypt the "
                        + "resource.")
            }
        }
    }

    /// Tells how a blob is encrypted.
    static func show(_ record: ObjectRecord, in headers: inout HTTPHeaders) {
        if let digest = record.fields[digestField] { headers.add(name: "x-ms-encryption-key-sha256", value: digest) }
        if let scope = record.fields[scopeField] { headers.add(name: "x-ms-encryption-scope", value: scope) }
    }
}

extension CustomerKey {
    /// The key that a request to the Azure dialect brings, nil where it brings none.
    ///
    /// - Parameter prefix: `x-ms-source-` for the source of a copy.
    init?(azure request: HTTPRequest, prefix: String = "x-ms-") throws(AzureError) {
        let name = prefix + "encryption-"
        let given = (
            key: request.header(name + "key"), digest: request.header(name + "key-sha256"),
            algorithm: request.header(name + "algorithm")
        )
        if given.key == nil && given.digest == nil && given.algorithm == nil { return nil }
        guard let key = given.key else { throw .missingHeader(name + "key") }
        guard let digest = given.digest else { throw .missingHeader(name + "key-sha256") }
        guard let algorithm = given.algorithm else { throw .missingHeader(name + "algorithm") }
        guard algorithm == "AES256" else { throw .invalidHeader(name + "algorithm", algorithm) }
        guard let bytes = Base64.decode(key), bytes.count == AES256CTR.keyByteCount else {
            throw .invalidHeader(name + "key", "a key that is not 32 bytes in base64")
        }
        self.init(bytes)
        guard digest == self.digest else { throw .invalidHeader(name + "key-sha256", digest) }
    }

    /// Its SHA-256 in base64.
    var digest: String { Base64.encode(SHA256.hash(bytes)) }
}
