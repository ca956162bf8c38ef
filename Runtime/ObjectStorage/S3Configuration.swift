/// How to reach a bucket over the S3 protocol: AWS, MinIO, R2, our own store.
package struct S3Configuration: Hashable, Sendable, CustomStringConvertible {
    package var endpoint: StorageEndpoint
    /// What browsers reach, for signed URLs; nil for ``endpoint``.
    package var publicEndpoint: StorageEndpoint?
    package var region: String
    package var bucket: String
    package var accessKeyID: String
    package var secretAccessKey: String
    /// Bucket in the path (`/bucket/key`) rather than before the host.
    package var usesPathStyle: Bool
    /// Whether files are signed while they are sent and so read once, not twice. AWS and MinIO take that; some others that
    /// speak the protocol do not.
    package var signsFilesInChunks = false

    /// - Throws: ``ObjectStorageError/Kind/invalidConfiguration``.
    package init(
        endpoint: String, publicEndpoint: String? = nil, region: String = "us-east-1", bucket: String,
        accessKeyID: String, secretAccessKey: String, usesPathStyle: Bool = true
    ) throws(ObjectStorageError) {
        self.endpoint = try StorageEndpoint(endpoint)
        if let publicEndpoint { self.publicEndpoint = try StorageEndpoint(publicEndpoint) }
        guard !bucket.isEmpty, bucket.utf8.allSatisfy(Self.isBucketCharacter) else {
            throw ObjectStorageError(
                .invalidConfiguration, "\"\(bucket)\" is not a bucket name", operation: "configure")
        }
        self.region = region
        self.bucket = bucket
        self.accessKeyID = accessKeyID
        self.secretAccessKey = secretAccessKey
        self.usesPathStyle = usesPathStyle
    }

    /// Without the secret.
    package var description: String { "S3 bucket \(bucket) at \(endpoint) in \(region), key \(accessKeyID)" }

    private static func isBucketCharacter(_ byte: UInt8) -> Bool {
        switch byte {
        case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"): true
        default: false
        }
    }
}
