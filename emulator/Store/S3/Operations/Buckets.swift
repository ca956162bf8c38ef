import NIOCore
import NIOHTTP1
import XML

let s3Namespace: KeyValuePairs<String, String> = ["xmlns": "http://s3.amazonaws.com/doc/2006-03-01/"]

extension HTTPReply {
    static func xml(_ writer: XMLWriter, status: Int = 200, headers: HTTPHeaders = HTTPHeaders()) -> HTTPReply {
        var reply = HTTPReply(status, headers, body: .bytes(ByteBuffer(bytes: writer.bytes)))
        reply.headers.replaceOrAdd(name: "Content-Type", value: "application/xml")
        return reply
    }
}

extension S3Call {
    func owner(_ id: String) -> StoreUser {
        options.users.first { $0.id == id }
            ?? StoreUser(id: id, name: id, email: "", accessKey: "", secretKey: "")
    }

    func writeOwner(_ xml: inout XMLWriter, _ id: String, element: String = "Owner") {
        xml.element(element) { xml in
            xml.element("ID", id)
            xml.element("DisplayName", owner(id).name)
        }
    }

    func listBuckets() throws -> HTTPReply {
        let limit = try number("max-buckets", in: 1...10_000) ?? 10_000
        let prefix = request.parameter("prefix") ?? ""
        let marker = request.parameter("continuation-token") ?? ""
        let region = request.parameter("bucket-region")
        let isPaged = ["max-buckets", "prefix", "continuation-token", "bucket-region"].contains { request.has($0) }
        // Who signs nothing owns nothing.
        let owner = userID
        let buckets = try store.read { snapshot in
            var found: [BucketRecord] = []
            var after = marker
            // Other people's buckets stand between one's own.
            while found.count <= limit {
                let page = try snapshot.buckets(prefix: prefix, from: after, limit: 1000)
                found += page.filter {
                    $0.owner == owner && (region == nil || region == $0.region(options) || region == "")
                }
                guard page.count == 1000 else { break }
                after = page[999].name
            }
            return found
        }
        if request.has("usage") { return try usage(of: buckets) }
        var xml = XMLWriter()
        xml.element("ListAllMyBucketsResult", s3Namespace) { xml in
            writeOwner(&xml, owner)
            xml.element("Buckets") { xml in
                for bucket in buckets.prefix(limit) {
                    xml.element("Bucket") { xml in
                        xml.element("Name", bucket.name)
                        xml.element("CreationDate", HTTPDate.iso8601(bucket.created))
                        if isPaged { xml.element("BucketRegion", bucket.region(options)) }
                    }
                }
            }
            if buckets.count > limit { xml.element("ContinuationToken", buckets[limit - 1].name) }
            if !prefix.isEmpty { xml.element("Prefix", prefix) }
        }
        return .xml(xml)
    }

    func createBucket() async throws -> HTTPReply {
        guard let user else { throw S3Error.accessDenied }
        guard Self.isValid(bucketName: bucketName) else {
            throw S3Error(400, "InvalidBucketName", "The specified bucket is not valid.", ["BucketName": bucketName])
        }
        var payload = try payload()
        let body = try await payload.collect(limit: 64 << 10)
        var fields = FieldList()
        if body.readableBytes > 0 {
            guard let document = try? XMLElement(parsing: body.readableBytesView),
                document.name == "CreateBucketConfiguration"
            else { throw S3Error.malformedXML }
            if let location = document["LocationConstraint"], !location.isEmpty {
                guard Self.isValid(location: location) else {
                    throw S3Error(
                        400, "InvalidLocationConstraint", "The specified location-constraint is not valid",
                        ["LocationConstraint": location])
                }
                fields["location"] = location
            }
            if let tags = document.first("Tags") {
                fields.replaceAll("tag:", with: try S3Tags.parse(set: tags, limit: 50))
            }
        }
        if request.header("x-amz-bucket-object-lock-enabled")?.lowercased() == "true" {
            fields["versioning"] = Versioning.enabled.rawValue
            fields["object-lock"] = "Enabled"
            fields["doc:object-lock"] =
                "<ObjectLockConfiguration><ObjectLockEnabled>Enabled</ObjectLockEnabled></ObjectLockConfiguration>"
        }
        let list = try AccessControlList(request, owner: user.id, bucketOwner: user.id, users: options.users)
        fields["acl"] = list?.field
        if let ownership = request.header("x-amz-object-ownership") {
            guard S3Ownership(rawValue: ownership) != nil else {
                throw S3Error(
                    400, "InvalidArgument", "Invalid x-amz-object-ownership header: \(ownership)",
                    ["ArgumentName": "x-amz-object-ownership"])
            }
            if ownership == S3Ownership.enforced.rawValue, let list, !list.isOnly(user.id) {
                throw S3SettingRules.listsForbidOwnership
            }
            fields["doc:ownershipControls"] =
                "<OwnershipControls><Rule><ObjectOwnership>\(ownership)</ObjectOwnership></Rule></OwnershipControls>"
        }
        let (name, settings) = (bucketName, fields)
        try await store.write { transaction in
            guard let existing = try transaction.bucket(name) else {
                return try transaction.insert(bucket: name, owner: user.id, fields: settings)
            }
            try Self.checkAgain(existing, user, settings)
        }
        return HTTPReply(200, ["Location": "/" + bucketName])
    }

    /// Creating one's own bucket again is no error in the oldest region, provided that it asks for nothing new.
    private static func checkAgain(_ existing: BucketRecord, _ user: StoreUser, _ wanted: FieldList) throws(S3Error) {
        func grants(_ fields: FieldList) -> [AccessControlList.Grant] {
            AccessControlList(field: fields["acl"], owner: user.id).grants
        }
        let isElsewhere = wanted["location"].map { $0 != "us-east-1" } ?? false
        if existing.owner == user.id && isElsewhere {
            throw S3Error(
                409, "BucketAlreadyOwnedByYou",
                "Your previous request to create the named bucket succeeded and you already own it.",
                ["BucketName": existing.name])
        }
        if existing.owner != user.id || grants(existing.fields) != grants(wanted) {
            throw S3Error(
                409, "BucketAlreadyExists",
                "The requested bucket name is not available. The bucket namespace is shared by all users "
                    + "of the system. Please select a different name and try again.",
                ["BucketName": existing.name])
        }
    }

    func headBucket() throws -> HTTPReply {
        let bucket = try existingBucket()
        var headers: HTTPHeaders = ["x-amz-bucket-region": bucket.region(options), "Content-Type": "application/xml"]
        try addStatistics(of: bucket, to: &headers)
        return HTTPReply(200, headers)
    }

    func deleteBucket() async throws -> HTTPReply {
        let name = bucketName
        let isForced = request.header("x-minio-force-delete")?.lowercased() == "true"
        try await store.write { transaction in
            guard let bucket = try transaction.bucket(name) else { throw S3Error.noSuchBucket(name) }
            // MinIO's clients may ask for a bucket to go with everything inside, unless that is locked.
            let takesAll = isForced && bucket.fields["object-lock"] == nil
            guard try takesAll || transaction.isEmpty(bucket.id) else {
                let hint = bucket.versioning == .off ? "" : ". You must delete all versions in the bucket."
                throw S3Error(
                    409, "BucketNotEmpty", "The bucket you tried to delete is not empty" + hint, ["BucketName": name])
            }
            try transaction.delete(bucket)
        }
        return HTTPReply(204)
    }

    func getBucketLocation() throws -> HTTPReply {
        // Nothing stands for the oldest region, unless the bucket was made with its name.
        let region = options.region == "us-east-1" ? nil : options.region
        let location = try existingBucket().fields["location"] ?? region
        var xml = XMLWriter()
        xml.element("LocationConstraint", s3Namespace) { xml in
            if let location { xml.text(location) }
        }
        return .xml(xml)
    }

    /// The rules for names (https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucketnamingrules.html).
    static func isValid(bucketName name: String) -> Bool {
        let bytes = Array(name.utf8)
        func isLetterOrDigit(_ byte: UInt8) -> Bool {
            (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte) || (0x30...0x39).contains(byte)
        }
        guard (3...63).contains(bytes.count), isLetterOrDigit(bytes[0]), isLetterOrDigit(bytes[bytes.count - 1]),
            bytes.allSatisfy({ isLetterOrDigit($0) || $0 == UInt8(ascii: "-") || $0 == UInt8(ascii: ".") })
        else { return false }
        let labels = name.split(separator: ".", omittingEmptySubsequences: false)
        let isAddress = labels.count == 4 && labels.allSatisfy { UInt8($0) != nil }
        return !isAddress && labels.allSatisfy { !$0.isEmpty && $0.first != "-" && $0.last != "-" }
            && !name.hasPrefix("xn--") && !name.hasSuffix("-s3alias")
    }

    /// Whether a region may be called so: every name of AWS, and those that other stores give their zones.
    private static func isValid(location: String) -> Bool {
        location.utf8.count <= 64
            && location.utf8.allSatisfy { PercentEncoding.isUnreserved($0) || $0 == UInt8(ascii: ":") }
    }

    /// A numeric parameter; nil without one.
    func number(_ name: String, in range: ClosedRange<Int>) throws -> Int? {
        guard let text = request.parameter(name), !text.isEmpty else { return nil }
        guard let number = Int(text), range.contains(number) else {
            throw S3Error.invalidArgument(
                Int(text) == nil
                    ? "Provided \(name) not an integer or within integer range"
                    : "Argument \(name) must be an integer between \(range.lowerBound) and \(range.upperBound)",
                name: name, value: text)
        }
        return number
    }
}

extension BucketRecord {
    /// Where the bucket was asked to be.
    func region(_ options: S3Options) -> String { fields["location"] ?? options.region }
}
