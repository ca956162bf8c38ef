import NIOCore
import NIOHTTP1
import XML

extension S3Call {
    func getBucketSetting(_ setting: S3BucketSetting) throws -> HTTPReply {
        let bucket = try store.read { try self.bucket($0) }
        switch setting {
        case .versioning:
            var xml = XMLWriter()
            xml.element("VersioningConfiguration", s3Namespace) { xml in
                if bucket.versioning != .off { xml.element("Status", bucket.versioning.rawValue) }
            }
            return .xml(xml)
        case .policy:
            guard let policy = bucket.fields["policy"] else {
                throw S3Error(404, "NoSuchBucketPolicy", "The bucket policy does not exist", ["BucketName": bucketName])
            }
            return HTTPReply(200, ["Content-Type": "application/json"], body: .bytes(ByteBuffer(string: policy)))
        case .cors:
            guard let cors = bucket.fields["cors"] else {
                throw S3Error(
                    404, "NoSuchCORSConfiguration", "The CORS configuration does not exist", ["BucketName": bucketName])
            }
            return HTTPReply(200, ["Content-Type": "application/xml"], body: .bytes(ByteBuffer(string: cors)))
        case .tagging:
            let tags = bucket.fields.all("tag:")
            guard !tags.isEmpty else {
                throw S3Error(404, "NoSuchTagSet", "The TagSet does not exist", ["BucketName": bucketName])
            }
            return .xml(S3Tags.document(tags))
        }
    }

    func putBucketSetting(_ setting: S3BucketSetting) async throws -> HTTPReply {
        switch setting {
        case .versioning:
            let document = try await document()
            guard let status = document["Status"], let versioning = Versioning(rawValue: status), versioning != .off
            else { throw S3Error.malformedXML }
            try await change { bucket in
                if bucket.fields["object-lock"] != nil && versioning == .suspended {
                    throw S3Error(
                        409, "InvalidBucketState",
                        "An Object Lock configuration is present on this bucket, so the versioning state cannot be changed."
                    )
                }
                bucket.fields["versioning"] = versioning.rawValue
            }
        case .policy:
            var payload = try payload()
            let text = String(buffer: try await payload.collect(limit: 20 << 10))
            guard try S3Policy(parsing: text).concerns(bucketName) else {
                throw S3Error(400, "MalformedPolicy", "Policy has invalid resource")
            }
            try await change { $0.fields["policy"] = text }
            return HTTPReply(204)
        case .cors:
            let document = try await document()
            _ = try S3CORS.parse(document)
            let text = S3Document.text(document)
            try await change { $0.fields["cors"] = text }
        case .tagging:
            let tags = try S3Tags.parse(await document(), limit: 50)
            try await change { $0.fields.replaceAll("tag:", with: tags) }
            return HTTPReply(204)
        }
        return HTTPReply(200)
    }

    func deleteBucketSetting(_ setting: S3BucketSetting) async throws -> HTTPReply {
        switch setting {
        case .versioning: throw S3Error.methodNotAllowed
        case .policy: try await change { $0.fields["policy"] = nil }
        case .cors: try await change { $0.fields["cors"] = nil }
        case .tagging: try await change { $0.fields.removeAll("tag:") }
        }
        return HTTPReply(204)
    }

    private func change(_ body: @escaping @Sendable (inout BucketRecord) throws -> Void) async throws {
        let name = bucketName
        try await store.write { transaction in
            guard var bucket = try transaction.bucket(name) else { throw S3Error.noSuchBucket(name) }
            try body(&bucket)
            bucket.modified = transaction.now
            bucket.revision = transaction.draw()
            try transaction.update(bucket)
        }
    }
}

/// Documents that are kept as the client sent them.
enum S3Document {
    static func text(_ element: XMLElement) -> String {
        var xml = XMLWriter()
        write(element, &xml, isRoot: true)
        return String(decoding: xml.bytes, as: UTF8.self)
    }

    private static func write(_ element: XMLElement, _ xml: inout XMLWriter, isRoot: Bool = false) {
        xml.element(element.name, isRoot ? s3Namespace : [:]) { xml in
            if element.children.isEmpty { xml.text(element.text) }
            for child in element.children { write(child, &xml) }
        }
    }
}
