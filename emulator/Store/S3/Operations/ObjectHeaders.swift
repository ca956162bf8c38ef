import NIOHTTP1

/// Which headers an object keeps, and how it shows them again.
enum ObjectHeaders {
    private static let system = [
        "content-type", "content-encoding", "content-disposition", "content-language", "cache-control", "expires",
        "x-amz-website-redirect-location",
    ]
    private static let storageClasses: Set<String> = [
        "STANDARD", "REDUCED_REDUNDANCY", "STANDARD_IA", "ONEZONE_IA", "INTELLIGENT_TIERING", "GLACIER", "DEEP_ARCHIVE",
        "GLACIER_IR", "EXPRESS_ONEZONE",
    ]

    /// What an upload's headers say about the object.
    static func fields(_ request: HTTPRequest) throws(S3Error) -> FieldList {
        var fields = FieldList()
        for name in system {
            guard var value = request.header(name), !value.isEmpty else { continue }
            if name == "content-encoding" {
                // Framing of the transfer, not a property of the object.
                value = value.split(separator: ",").map { String($0).trimmingSpaces }
                    .filter { $0.lowercased() != "aws-chunked" }.joined(separator: ", ")
                if value.isEmpty { continue }
            }
            fields[name] = value
        }
        try addStorageClass(request, to: &fields)
        try ServerSideEncryption.keep(request, in: &fields)
        try addMetadata(request.headers.map { ($0.name, $0.value) }, to: &fields)
        if let tags = request.header("x-amz-tagging") {
            fields.replaceAll("tag:", with: try S3Tags.parse(header: tags))
        }
        return fields
    }

    static func addStorageClass(_ request: HTTPRequest, to fields: inout FieldList) throws(S3Error) {
        guard let storageClass = request.header("x-amz-storage-class") else { return }
        guard storageClasses.contains(storageClass) else {
            throw S3Error(
                400, "InvalidStorageClass", "The storage class you specified is not valid",
                ["StorageClassRequested": storageClass])
        }
        fields["x-amz-storage-class"] = storageClass == "STANDARD" ? nil : storageClass
    }

    /// Adds those of `headers` that are user metadata; values of the same name are joined.
    static func addMetadata(_ headers: [(String, String)], to fields: inout FieldList) throws(S3Error) {
        var size = 0
        for (name, value) in headers {
            let name = name.lowercased()
            guard name.hasPrefix("x-amz-meta-") else { continue }
            let key = "meta:" + name.dropFirst(11)
            size += name.utf8.count - 11 + value.utf8.count
            fields[key] = fields[key].map { $0 + "," + value } ?? value
        }
        if size > 2048 {
            throw S3Error(
                400, "MetadataTooLarge", "Your metadata headers exceed the maximum allowed metadata size",
                ["Size": String(size), "MaxSizeAllowed": "2048"])
        }
    }

    /// What a reader is told.
    static func show(_ record: ObjectRecord, in headers: inout HTTPHeaders) {
        headers.add(name: "ETag", value: "\"\(record.etag)\"")
        headers.add(name: "Last-Modified", value: HTTPDate.rfc1123(record.modified))
        headers.add(name: "Accept-Ranges", value: "bytes")
        headers.add(name: "Content-Type", value: record.fields["content-type"] ?? "binary/octet-stream")
        for name in system.dropFirst() {
            if let value = record.fields[name] { headers.add(name: name, value: value) }
        }
        if let storageClass = record.fields["x-amz-storage-class"] {
            headers.add(name: "x-amz-storage-class", value: storageClass)
        }
        S3Archive.show(record, in: &headers)
        ObjectLock.show(record, in: &headers)
        ServerSideEncryption.show(record.fields, in: &headers)
        for (name, value) in record.fields.all("meta:") {
            headers.add(name: "x-amz-meta-" + name.lowercased(), value: value)
        }
        let tags = record.fields.all("tag:").count
        if tags > 0 { headers.add(name: "x-amz-tagging-count", value: String(tags)) }
    }

    /// What whoever wrote an object is told besides its tag.
    static func showWritten(_ record: ObjectRecord, _ bucket: BucketRecord, in headers: inout HTTPHeaders) throws {
        // A write where versioning is suspended makes the version that has no name.
        if bucket.versioning(of: record.key) == .enabled { addVersion(record, bucket, to: &headers) }
        ServerSideEncryption.show(record.fields, in: &headers)
        try showExpiration(record, bucket, in: &headers)
    }

    /// When the bucket's lifecycle will remove the object.
    static func showExpiration(_ record: ObjectRecord, _ bucket: BucketRecord, in headers: inout HTTPHeaders) throws {
        guard let (moment, rule) = try LifecycleRule.expiry(of: record, in: bucket) else { return }
        headers.add(
            name: "x-amz-expiration",
            value: "expiry-date=\"\(HTTPDate.rfc1123(moment))\", rule-id=\"\(PercentEncoding.encode(rule))\"")
    }

    static func addVersion(_ record: ObjectRecord, _ bucket: BucketRecord, to headers: inout HTTPHeaders) {
        if bucket.versioning == .off && record.versionName == nil { return }
        headers.add(name: "x-amz-version-id", value: record.versionName ?? "null")
    }
}
