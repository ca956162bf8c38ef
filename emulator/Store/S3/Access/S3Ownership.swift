import XML

/// Who owns objects that others put into a bucket
/// (https://docs.aws.amazon.com/AmazonS3/latest/userguide/about-object-ownership.html).
enum S3Ownership: String {
    case writer = "ObjectWriter"
    case preferred = "BucketOwnerPreferred"
    /// Access control lists have no effect, and the bucket's owner owns everything.
    case enforced = "BucketOwnerEnforced"

    init(_ bucket: BucketRecord) {
        let document = bucket.fields["doc:ownershipControls"].flatMap { try? XMLElement(parsing: $0.utf8) }
        self = document?.first("Rule")?["ObjectOwnership"].flatMap(Self.init) ?? .writer
    }

    /// The owner of an object that `writer` puts with this canned list.
    func owner(writer: String, bucketOwner: String, canned: String?) -> String {
        switch self {
        case .writer: writer
        case .preferred: canned == "bucket-owner-full-control" ? bucketOwner : writer
        case .enforced: bucketOwner
        }
    }

    /// The owner of an object that is there.
    func owner(of object: ObjectRecord, bucketOwner: String) -> String {
        self == .enforced ? bucketOwner : object.fields["owner"] ?? bucketOwner
    }
}
