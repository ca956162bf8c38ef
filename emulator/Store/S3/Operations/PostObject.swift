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
        guard !key.isEmpty, key.utf8.count <= S3Address.longestKey else { throw S3Error.keyTooLong }
        let call = S3Call(
            request: try Self.upload(fields, request), bucketName: bucketName, key: key,
            identity: S3Identity(user: signer), store: store, options: options)
        try call.authorize("s3:PutObject")
        var policy: FormPolicy?
        if let text = fields["policy"] {
            policy = try FormPolicy(base64: text)
            try policy?.check(fields.merging(["bucket": bucketName, "key": key]) { $1 })
        }
        let customerKey = try CustomerKey(call.request)
        var object = try ObjectHeaders.fields(call.request)
        try call.addProtection(to: &object)
        if let tagging = fields["tagging"] {
            guard let document = try? XMLElement(parsing: tagging.utf8) else { throw S3Error.malformedXML }
            object.replaceAll("tag:", with: try S3Tags.parse(document, limit: 10))
        }
        object[CustomerKey.field] = customerKey?.fingerprint()
        var checksums = try S3Checksums(call.request)
        var writer = SealedWriter(store, customerKey)
        while let bytes = try await form.nextContent() {
            checksums.update(bytes)
            try writer.write(bytes)
            try policy?.check(size: writer.size, isComplete: false)
            if writer.size > Self.sizeLimit { throw S3Error.entityTooLarge }
        }
        try policy?.check(size: writer.size, isComplete: true)
        let (content, md5) = try await writer.finish()
        do {
            if let (algorithm, value) = try checksums.verify(md5: md5, trailers: [:]) {
                object["checksum:" + algorithm.rawValue] = value
                object["checksum-type"] = "FULL_OBJECT"
            }
        } catch {
            store.discard(content)
            throw error
        }
        let (stored, bucket) = try await call.commit(
            content, object, etag: Hex.encode(content.md5), cause: "Post", check: { _, _ in })
        let location =
            "http://\(request.header("host") ?? "")/\(bucketName)/\(PercentEncoding.encode(key, keepingSlash: true))"
        return try call.answer(toForm: fields, stored, bucket, location: location)
    }

    /// A form is an upload whose headers are its fields.
    private static func upload(_ fields: [String: String], _ request: HTTPRequest) throws(S3Error) -> HTTPRequest {
        let known: Set<String> = [
            "content-type", "content-encoding", "content-disposition", "content-language", "cache-control", "expires",
            "content-md5",
        ]
        var head = HTTPRequestHead(version: .http1_1, method: .PUT, uri: "/")
        for (name, value) in fields.sorted(by: { $0.key < $1.key }) {
            if name == "acl" {
                head.headers.add(name: "x-amz-acl", value: value)
            } else if name.hasPrefix("x-amz-") || known.contains(name) {
                head.headers.add(name: name, value: value)
            }
        }
        return HTTPRequest(head: head, body: request.body, peer: request.peer, id: request.id)
    }

    private func answer(
        toForm form: [String: String], _ stored: ObjectRecord, _ bucket: BucketRecord, location: String
    ) throws -> HTTPReply {
        var headers: HTTPHeaders = ["ETag": "\"\(stored.etag)\"", "Location": location]
        try ObjectHeaders.showWritten(stored, bucket, in: &headers)
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
