import Cryptography
import NIOHTTP1

/// A key that a client encrypts an object with and keeps to itself, SSE-C
/// (https://docs.aws.amazon.com/AmazonS3/latest/userguide/ServerSideEncryptionCustomerKeys.html).
///
/// The store keeps a salted hash to know the key by when it comes again, and nothing else of it.
struct CustomerKey: Sendable {
    /// The field that an encrypted object or upload carries.
    static let field = "customer-key"
    private static let saltByteCount = 16

    let bytes: [UInt8]

    init(_ bytes: [UInt8]) { self.bytes = bytes }

    /// The key that a request brings, nil where it brings none.
    ///
    /// - Parameters:
    ///   - prefix: `x-amz-copy-source-` for the source of a copy.
    ///   - value: the header or form field of a name in lower case.
    init?(prefix: String = "x-amz-", _ value: (String) -> String?) throws(S3Error) {
        let name = prefix + "server-side-encryption-customer-"
        let (algorithm, key, digest) = (value(name + "algorithm"), value(name + "key"), value(name + "key-md5"))
        if algorithm == nil && key == nil && digest == nil { return nil }
        guard let algorithm, !algorithm.isEmpty else { throw Self.refusal("a valid encryption algorithm.") }
        guard algorithm == "AES256" else {
            throw S3Error(
                400, "InvalidEncryptionAlgorithmError",
                "The Encryption request you specified is not valid. Supported value: AES256.",
                ["ArgumentName": name + "algorithm", "ArgumentValue": algorithm])
        }
        guard let key, !key.isEmpty else { throw Self.refusal("an appropriate secret key.") }
        guard let digest, !digest.isEmpty else { throw Self.refusal("the client calculated MD5 of the secret key.") }
        guard let bytes = Base64.decode(key), bytes.count == AES256CTR.keyByteCount else {
            throw .invalidArgument("The secret key was invalid for the specified algorithm.", name: name + "key")
        }
        guard digest == Base64.encode(MD5.hash(bytes)) else {
            throw .invalidArgument(
                "The calculated MD5 hash of the key did not match the hash that was provided.", name: name + "key-MD5",
                value: digest)
        }
        if prefix == "x-amz-", value("x-amz-server-side-encryption") != nil {
            throw .invalidArgument(
                "Server Side Encryption with Customer provided key is incompatible with the encryption method "
                    + "specified", name: "x-amz-server-side-encryption")
        }
        self.bytes = bytes
    }

    /// The key for what a request writes, or reads without copying.
    init?(_ request: HTTPRequest) throws(S3Error) { try self.init { request.header($0) } }

    /// The key for what a request copies from.
    init?(sourceOf request: HTTPRequest) throws(S3Error) {
        try self.init(prefix: "x-amz-copy-source-") { request.header($0) }
    }

    private static let otherKey = S3Error.invalidRequest(
        "The provided encryption parameters did not match the ones used originally.")

    private static func refusal(_ lack: String) -> S3Error {
        .invalidArgument("Requests specifying Server Side Encryption with Customer provided keys must provide " + lack)
    }

    /// What is kept: a random salt and, keyed with it, the key's hash.
    func fingerprint() -> String { fingerprint(salt: SecureRandom.bytes(Self.saltByteCount)) }

    private func fingerprint(salt: [UInt8]) -> String { Base64.encode(salt + HMAC.sha256(bytes, key: salt)) }

    /// Whether ``fingerprint()`` of this very key is `kept`.
    func matches(_ kept: String) -> Bool {
        guard let salt = Base64.decode(kept)?.prefix(Self.saltByteCount) else { return false }
        return ConstantTime.equal(fingerprint(salt: Array(salt)), kept)
    }

    /// Refuses to read `record` unless `key` is the one that it was written with.
    static func check(_ key: CustomerKey?, opens record: ObjectRecord) throws(S3Error) {
        switch (record.fields[field], key) {
        case (nil, nil): return
        case (nil, .some):
            throw .invalidRequest("The encryption parameters are not applicable to this object.")
        case (.some, nil):
            throw .invalidRequest(
                "The object was stored using a form of Server Side Encryption. The correct parameters must be "
                    + "provided to retrieve the object.")
        case (let kept?, let key?):
            if !key.matches(kept) { throw otherKey }
        }
    }

    /// Refuses a part that is not encrypted as its upload was begun.
    static func check(_ key: CustomerKey?, continues upload: UploadRecord) throws(S3Error) {
        switch (upload.fields[field], key) {
        case (nil, nil): return
        case (nil, .some):
            throw .invalidRequest(
                "The multipart upload initiate did not request encryption. Please resend the request without "
                    + "sending encryption parameters.")
        case (.some, nil):
            throw .invalidRequest(
                "The multipart upload initiate requested encryption. Subsequent part requests must include the "
                    + "appropriate encryption parameters.")
        case (let kept?, let key?):
            if !key.matches(kept) { throw otherKey }
        }
    }

    /// Refuses to complete an upload with another key than it was begun with. Without one it is completed, unless it
    /// has checksums: they are of what the key hides.
    static func check(_ key: CustomerKey?, completes upload: UploadRecord) throws(S3Error) {
        if key != nil || upload.fields["upload-algorithm"] != nil { try check(key, continues: upload) }
    }

    /// Tells the client which key was used.
    func show(in headers: inout HTTPHeaders) {
        headers.add(name: "x-amz-server-side-encryption-customer-algorithm", value: "AES256")
        headers.add(name: "x-amz-server-side-encryption-customer-key-MD5", value: Base64.encode(MD5.hash(bytes)))
    }
}
