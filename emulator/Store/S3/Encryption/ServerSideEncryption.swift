import NIOHTTP1
import XML

/// Encryption with keys that are not the client's, SSE-S3 and SSE-KMS
/// (https://docs.aws.amazon.com/AmazonS3/latest/userguide/serv-side-encryption.html).
///
/// There is no key service here: what a client or its bucket asks for is kept and reported, and changes no byte.
enum ServerSideEncryption {
    private static let algorithm = "x-amz-server-side-encryption"
    private static let keyID = "x-amz-server-side-encryption-aws-kms-key-id"
    private static let bucketKey = "x-amz-server-side-encryption-bucket-key-enabled"
    /// The headers of a request, and the fields of the object that it makes.
    static let names = [algorithm, keyID, bucketKey]

    /// Keeps what an upload asks for.
    /// - Throws: `InvalidArgument` for what does not go together.
    static func keep(_ request: HTTPRequest, in fields: inout FieldList) throws(S3Error) {
        for name in names { fields[name] = request.header(name) }
        if let method = fields[algorithm], !["AES256", "aws:kms", "aws:kms:dsse"].contains(method) {
            throw .invalidArgument("The encryption method specified is not supported", name: algorithm, value: method)
        }
        if let key = fields[keyID], fields[algorithm]?.hasPrefix("aws:kms") != true {
            throw .invalidArgument(
                "Server Side Encryption with AWS KMS managed key requires HTTP header \(algorithm) : aws:kms",
                name: keyID, value: key)
        }
    }

    /// What a bucket does with objects that ask for nothing.
    static func addDefault(of bucket: BucketRecord, to fields: inout FieldList) {
        guard fields[algorithm] == nil, fields[CustomerKey.field] == nil, let text = bucket.fields["doc:encryption"],
            let rule = try? XMLElement(parsing: text.utf8).first("Rule"),
            let wanted = rule.first("ApplyServerSideEncryptionByDefault"), let method = wanted["SSEAlgorithm"]
        else { return }
        fields[algorithm] = method
        fields[keyID] = wanted["KMSMasterKeyID"]
        if rule["BucketKeyEnabled"] == "true" { fields[bucketKey] = "true" }
    }

    static func show(_ fields: FieldList, in headers: inout HTTPHeaders) {
        for name in names {
            if let value = fields[name] { headers.add(name: name, value: value) }
        }
    }

    /// How an object is encrypted is said when it is written, and nowhere else.
    static func checkRead(_ request: HTTPRequest) throws(S3Error) {
        if let value = request.header(algorithm) {
            throw .invalidArgument(
                "\(algorithm) header is not supported for this operation.", name: algorithm, value: value)
        }
    }
}
