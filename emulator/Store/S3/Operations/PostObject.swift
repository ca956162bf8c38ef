import Cryptography
import JSON
import NIOCore
import NIOHTTP1
import XML

extension S3Call {
    /// An upload by a browser's form
    /// (https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-UsingHTTPPOST.html).
    func postObject(_ authenticator: S3Authenticator) async throws -> HTTPReply {
        var form = try FormReader(request)
        let fields = try await form.readFields()
        let signer = try authenticator.identify(form: fields)
        guard let rawKey = fields["key"] else {
            throw S3Error.invalidArgument(
                "Bucket POST must contain a field named 'key'.  If it is specified, please check the order of "
                    + "the fields.",
                name: "key")
        }
        let key = rawKey.replacingFilename(with: form.filename)
        guard !key.isEmpty, key.utf8.count <= 1024 else { throw S3Error.keyTooLong }
        let call = S3Call(
            request: request, bucketName: bucketName, key: key, identity: S3Identity(user: signer), store: store,
            options: options)
        try call.authorize("s3:PutObject")
        var policy: FormPolicy?
        if let text = fields["policy"] {
            policy = try FormPolicy(base64: text)
            try policy?.check(fields.merging(["bucket": bucketName, "key": key]) { $1 })
        }
        let customerKey = try CustomerKey { fields[$0] }
        var writer = SealedWriter(store, customerKey)
        while let bytes = try await form.nextContent() {
            try writer.write(bytes)
            try policy?.check(size: writer.size, isComplete: false)
            if writer.size > Self.sizeLimit { throw S3Error.entityTooLarge }
        }
        try policy?.check(size: writer.size, isComplete: true)
        var object = try call.fields(fromForm: fields)
        object[CustomerKey.field] = customerKey?.fingerprint()
        let (content, _) = try await writer.finish()
        let (stored, bucket) = try await call.commit(
            content, object, etag: Hex.encode(content.md5), cause: "Post", check: { _, _ in })
        return call.answer(toForm: fields, stored, bucket)
    }

    private func fields(fromForm form: [String: String]) throws -> FieldList {
        var fields = FieldList()
        for name in ["content-type", "content-encoding", "content-disposition", "cache-control", "expires"] {
            if let value = form[name], !value.isEmpty { fields[name] = value }
        }
        try ObjectHeaders.addMetadata(form.sorted { $0.key < $1.key }.map { ($0.key, $0.value) }, to: &fields)
        if let tagging = form["tagging"] {
            guard let document = try? XMLElement(parsing: tagging.utf8) else { throw S3Error.malformedXML }
            fields.replaceAll("tag:", with: try S3Tags.parse(document, limit: 10))
        }
        return fields
    }

    private func answer(toForm form: [String: String], _ stored: ObjectRecord, _ bucket: BucketRecord) -> HTTPReply {
        let location =
            "http://\(request.header("host") ?? "")/\(bucketName)/\(PercentEncoding.encode(key, keepingSlash: true))"
        var headers: HTTPHeaders = ["ETag": "\"\(stored.etag)\"", "Location": location]
        ObjectHeaders.addVersion(stored, bucket, to: &headers)
        if let target = form["success_action_redirect"] ?? form["redirect"], target.contains("://") {
            let fields = [("bucket", bucketName), ("key", key), ("etag", "\"\(stored.etag)\"")]
            let query = fields.map { $0.0 + "=" + PercentEncoding.encode($0.1) }.joined(separator: "&")
            headers.replaceOrAdd(name: "Location", value: target + (target.contains("?") ? "&" : "?") + query)
            return HTTPReply(303, headers)
        }
        switch form["success_action_status"] {
        case "200": return HTTPReply(200, headers)
        case "201":
            var xml = XMLWriter()
            xml.element("PostResponse") { xml in
                xml.element("Location", location)
                xml.element("Bucket", bucketName)
                xml.element("Key", key)
                xml.element("ETag", "\"\(stored.etag)\"")
            }
            return .xml(xml, status: 201, headers: headers)
        default: return HTTPReply(204, headers)
        }
    }
}

extension String {
    /// `${filename}` stands for the name of the file the browser sends.
    fileprivate func replacingFilename(with filename: String) -> String {
        var result = ""
        var rest = self[...]
        while let mark = rest.firstIndex(of: "$") {
            result += rest[..<mark]
            rest = rest[mark...]
            if rest.hasPrefix("${filename}") {
                result += filename
                rest = rest.dropFirst(11)
            } else {
                result.append(rest.removeFirst())
            }
        }
        return result + rest
    }
}
