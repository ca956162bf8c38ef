import NIOCore
import NIOHTTP1
import XML

extension S3Call {
    func getBucketSetting(_ setting: S3BucketSetting) throws -> HTTPReply {
        let bucket = try existingBucket()
        switch setting {
        case .versioning: return versioningDocument(of: bucket)
        case .acl:
            let list = AccessControlList(field: bucket.fields["acl"], owner: bucket.owner)
            return .xml(list.document(owner: bucket.owner, call: self))
        case .policy, .cors:
            guard let text = bucket.fields[setting.rawValue] else { throw setting.missingError(bucketName)! }
            let type = setting == .policy ? "application/json" : "application/xml"
            return HTTPReply(200, ["Content-Type": type], body: .bytes(ByteBuffer(string: text)))
        case .policyStatus:
            let list = AccessControlList(field: bucket.fields["acl"], owner: bucket.owner)
            let allowsAll = try bucket.fields["policy"].map { try S3Policy(parsing: $0).isPublic } ?? false
            let isPublic = allowsAll || list.isPublic && !PublicAccessBlock(bucket).ignoresPublicACLs
            var xml = XMLWriter()
            xml.element("PolicyStatus", s3Namespace) { $0.element("IsPublic", isPublic ? "true" : "false") }
            return .xml(xml)
        case .tagging:
            let tags = bucket.fields.all("tag:")
            if tags.isEmpty { throw setting.missingError(bucketName)! }
            return .xml(S3Tags.document(tags))
        default: return try document(of: setting, bucket)
        }
    }

    /// A document as it was put, or what stands for none.
    private func document(of setting: S3BucketSetting, _ bucket: BucketRecord) throws -> HTTPReply {
        if let text = bucket.fields["doc:" + setting.rawValue] {
            return HTTPReply(200, ["Content-Type": "application/xml"], body: .bytes(ByteBuffer(string: text)))
        }
        if let error = setting.missingError(bucketName) { throw error }
        var xml = XMLWriter()
        xml.element(setting.root ?? "", s3Namespace) { xml in
            if setting == .requestPayment { xml.element("Payer", "BucketOwner") }
        }
        return .xml(xml)
    }

    func putBucketSetting(_ setting: S3BucketSetting) async throws -> HTTPReply {
        switch setting {
        case .versioning: try await putBucketVersioning()
        case .policy:
            var payload = try payload()
            let text = String(buffer: try await payload.collect(limit: 20 << 10))
            let policy = try S3Policy(parsing: text)
            guard policy.concerns(bucketName) else {
                throw S3Error(400, "MalformedPolicy", "Policy has invalid resource")
            }
            if policy.isPublic, try PublicAccessBlock(existingBucket()).blocksPublicPolicy {
                throw S3Error.accessDenied
            }
            try await change { bucket in
                bucket.fields["policy"] = text
                // Others may write from here on, and what is theirs stays theirs.
                bucket.fields["shared"] = "true"
            }
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
        case .acl: try await putBucketACL()
        case .policyStatus: throw S3Error.methodNotAllowed
        default:
            var document = try await document()
            guard document.name == setting.root else { throw S3Error.malformedXML }
            try S3SettingRules.check(document, setting, of: existingBucket(), in: store)
            if setting == .notification {
                try NotificationRule.checkTargets(document, known: options.notificationTargets)
                try await tryTargets(of: document)
            }
            S3SettingRules.complete(&document, setting)
            let text = S3Document.text(document)
            try await change { bucket in
                bucket.fields["doc:" + setting.rawValue] = text
                if setting == .objectLock { bucket.fields["object-lock"] = "Enabled" }
            }
        }
        return HTTPReply(200)
    }

    private func putBucketACL() async throws {
        let bucket = try existingBucket()
        var field = try requestedACL(bucket: bucket, owner: bucket.owner)
        if field == nil {
            guard request.header("content-length") != "0" || request.headers.contains(name: "transfer-encoding") else {
                throw S3Error(
                    400, "MissingSecurityHeader", "Your request was missing a required header",
                    ["MissingHeaderName": "x-amz-acl"])
            }
            let list = try AccessControlList(await document(), users: options.users)
            try checkACL(list, bucket)
            field = list.field
        }
        let final = field
        try await change { $0.fields["acl"] = final }
    }

    func deleteBucketSetting(_ setting: S3BucketSetting) async throws -> HTTPReply {
        switch setting {
        case .versioning: throw S3Error.methodNotAllowed
        case .policy: try await change { $0.fields["policy"] = nil }
        case .cors: try await change { $0.fields["cors"] = nil }
        case .tagging: try await change { $0.fields.removeAll("tag:") }
        case .acl, .policyStatus, .objectLock, .requestPayment, .accelerate: throw S3Error.methodNotAllowed
        default: try await change { $0.fields["doc:" + setting.rawValue] = nil }
        }
        return HTTPReply(204)
    }

    func change(_ body: @escaping @Sendable (inout BucketRecord) throws -> Void) async throws {
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

    private static let instanceNamespace = "http://www.w3.org/2001/XMLSchema-instance"

    static func write(_ element: XMLElement, _ xml: inout XMLWriter, isRoot: Bool = false) {
        // Clients know who a grant is for by its type.
        let type = element.attributes["xsi:type"] ?? element.attributes["type"]
        let attributes: KeyValuePairs<String, String> =
            isRoot ? s3Namespace : type.map { ["xmlns:xsi": instanceNamespace, "xsi:type": $0] } ?? [:]
        xml.element(element.name, attributes) { xml in
            if element.children.isEmpty { xml.text(element.text) }
            for child in element.children { write(child, &xml) }
        }
    }
}
