/// Which metadata a vendor takes.
enum MetadataRules {
    /// S3: names are header tokens, 2 KB in all
    /// (https://docs.aws.amazon.com/AmazonS3/latest/userguide/UsingMetadata.html).
    case s3
    /// Azure: names are C# identifiers, 8 KB in all
    /// (https://learn.microsoft.com/rest/api/storageservices/naming-and-referencing-containers--blobs--and-metadata).
    case azure

    var prefix: String { self == .s3 ? "x-amz-meta-" : "x-ms-meta-" }

    /// The headers that carry `metadata`, sorted by name.
    /// - Throws: ``ObjectStorageError/Kind/invalidRequest``, naming what is wrong.
    func headers(_ metadata: [String: String]) throws(ObjectStorageError) -> [(String, String)] {
        var headers: [(String, String)] = []
        var size = 0
        for (name, value) in metadata.sorted(by: { $0.key < $1.key }) {
            guard isName(name) else {
                let rule = self == .s3 ? "letters, digits, - _ . ~" : "letters, digits and _, no digit first"
                throw Self.invalid("\"\(name)\" is no name for metadata (\(rule))")
            }
            let value = EncodedWord.encode(value)
            size += name.utf8.count + value.utf8.count
            headers.append((prefix + name.lowercased(), value))
        }
        let limit = self == .s3 ? 2048 : 8192
        if size > limit { throw Self.invalid("metadata of \(size) bytes; at most \(limit) are accepted") }
        return headers
    }

    private func isName(_ name: String) -> Bool {
        guard let first = name.utf8.first else { return false }
        if self == .azure && (0x30...0x39).contains(first) { return false }
        return name.utf8.allSatisfy { byte in
            switch byte {
            case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, UInt8(ascii: "_"): true
            case UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "~"): self == .s3
            default: false
            }
        }
    }

    private static func invalid(_ message: String) -> ObjectStorageError {
        ObjectStorageError(.invalidRequest, message, operation: "put")
    }
}
