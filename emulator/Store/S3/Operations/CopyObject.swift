import Cryptography
import NIOCore
import NIOHTTP1
import XML

extension S3Call {
    /// What `x-amz-copy-source` names.
    struct CopySource: Sendable {
        let bucket: String
        let key: String
        /// Nil: the current one. The version called `null` has no name.
        let version: String??

        init(_ header: String) throws(S3Error) {
            let invalid = S3Error.invalidArgument(
                "Copy Source must mention the source bucket and key: sourcebucket/sourcekey", name: "x-amz-copy-source",
                value: header)
            var path = header[...]
            var version: String?? = .none
            if let mark = path.utf8.lastIndex(of: UInt8(ascii: "?")), path[mark...].hasPrefix("?versionId=") {
                let name = String(path[mark...].dropFirst(11))
                version = .some(name == "null" ? nil : name)
                path = path[..<mark]
            }
            guard let decoded = PercentEncoding.exactlyDecode(path) else {
                throw .invalidArgument("Invalid copy source encoding", name: "x-amz-copy-source", value: header)
            }
            let trimmed = decoded.hasPrefix("/") ? decoded.dropFirst() : decoded[...]
            guard let slash = trimmed.utf8.firstIndex(of: UInt8(ascii: "/")), slash != trimmed.startIndex else {
                throw invalid
            }
            bucket = String(trimmed[..<slash])
            key = String(trimmed[trimmed.utf8.index(after: slash)...])
            self.version = version
            if key.isEmpty { throw invalid }
        }

        func find(_ reading: some StoreReading) throws -> (ObjectRecord, BucketRecord) {
            guard let bucket = try reading.bucket(bucket) else { throw S3Error.noSuchBucket(self.bucket) }
            guard let version else {
                guard let record = try reading.object(bucket.id, key) else { throw S3Error.noSuchKey(key) }
                return (record, bucket)
            }
            guard let record = try reading.version(bucket.id, key, named: version) else {
                throw S3Error.noSuchVersion(key, version ?? "null")
            }
            if record.kind == .deleteMarker {
                throw S3Error.invalidRequest(
                    "The source of a copy request may not specifically refer to a delete marker by version id.")
            }
            return (record, bucket)
        }
    }

    func copySource() throws -> CopySource {
        let source = try CopySource(request.header("x-amz-copy-source") ?? "")
        guard let bucket = try store.bucket(source.bucket) else {
            throw S3Error.noSuchBucket(source.bucket)
        }
        try checkExpectedOwner("x-amz-source-expected-bucket-owner", of: bucket)
        try authorize("s3:GetObject", on: bucket, key: source.key, version: source.version)
        return source
    }

    /// The conditions on the source; whatever fails there is 412.
    static func checkSource(_ conditions: HTTPConditions, _ record: ObjectRecord) throws(S3Error) {
        var conditions = conditions
        // A day that is still to come says nothing about changes since.
        if let since = conditions.ifModifiedSince, since > Clock.milliseconds() { conditions.ifModifiedSince = nil }
        switch conditions.evaluate(etag: record.etag, modified: record.modified) {
        case .holds: return
        case .failed(let header): throw .preconditionFailed("x-amz-copy-source-" + header)
        case .notModified:
            let header = conditions.ifNoneMatch == nil ? "If-Modified-Since" : "If-None-Match"
            throw .preconditionFailed("x-amz-copy-source-" + header)
        }
    }

    func copyObject() async throws -> HTTPReply {
        let source = try copySource()
        let (customerKey, sourceKey) = (try CustomerKey(request), try CustomerKey(sourceOf: request))
        let rewrites = customerKey != nil || sourceKey != nil
        let replacesMetadata = try directive("x-amz-metadata-directive")
        let replacesTags = try directive("x-amz-tagging-directive")
        var headerFields = try ObjectHeaders.fields(request)
        try addProtection(to: &headerFields)
        let given = headerFields
        let sourceConditions = HTTPConditions(request, prefix: "x-amz-copy-source-")
        let conditions = HTTPConditions(request)
        let algorithm = try S3Checksums(request).algorithm
        let changes = ["x-amz-storage-class", "x-amz-server-side-encryption", "x-amz-website-redirect-location"]
            .contains { request.headers.contains(name: $0) }
        let (call, key) = (Detached(self), key)
        // A checksum the source does not have is computed before the copy, which then is of exactly those bytes.
        let (before, reader) = try store.open { snapshot in
            let record = try source.find(snapshot).0
            try CustomerKey.check(sourceKey, opens: record)
            try S3Archive.checkRead(record)
            let isKnown = algorithm.map { record.fields["checksum:" + $0.rawValue] != nil } ?? true
            return (record, isKnown && !rewrites ? [] : SealedReader.stored(record.segments, sourceKey))
        }
        let sealed = SealedReader(reader, before.segments, sourceKey)
        var checksum: (ChecksumAlgorithm, String)?
        var rewritten: PendingContent?
        if let algorithm, before.fields["checksum:" + algorithm.rawValue] == nil {
            var hasher = ChecksumHasher(algorithm)
            if rewrites {
                rewritten = try await rewrite(sealed, sealedWith: customerKey) { hasher.update($0) }
            } else {
                try await sealed.forEachBuffer { hasher.update($0) }
            }
            checksum = (algorithm, Base64.encode(hasher.finalize()))
        } else if rewrites {
            rewritten = try await rewrite(sealed, sealedWith: customerKey) { _ in }
        }
        let (computed, content, fingerprint) = (checksum, rewritten, customerKey?.fingerprint())
        let (stored, origin, originBucket, bucket) = try await store.write(adopting: content) { transaction in
            let bucket = try call.bucket(transaction)
            let (origin, originBucket) = try source.find(transaction)
            try CustomerKey.check(sourceKey, opens: origin)
            try Self.checkSource(sourceConditions, origin)
            try Self.checkWrite(conditions, against: try transaction.object(bucket.id, key), key: key)
            let isSame =
                originBucket.id == bucket.id && key.utf8.elementsEqual(source.key.utf8) && source.version == nil
            if (content != nil || computed != nil) && origin.version != before.version { throw Self.sourceChanged }
            if isSame && !rewrites && !replacesMetadata && !changes && !replacesTags {
                throw S3Error.invalidRequest(
                    "This copy request is illegal because it is trying to copy an object to itself without "
                        + "changing the object's metadata, storage class, website redirect location or "
                        + "encryption attributes."
                )
            }
            var fields = replacesMetadata ? given : origin.fields
            fields.replaceAll("tag:", with: (replacesTags ? given : origin.fields).all("tag:"))
            for name in ["checksum:", "checksum-type"] {
                fields.replaceAll(name, with: origin.fields.all(name))
            }
            if let (algorithm, value) = computed {
                fields.removeAll("checksum:")
                fields["checksum:" + algorithm.rawValue] = value
                fields["checksum-type"] = "FULL_OBJECT"
            }
            // A copy is one whole, however its source was uploaded.
            fields["parts"] = nil
            var record = origin
            (record.bucket, record.key, record.kind, record.modified) = (bucket.id, key, .object, transaction.now)
            for name in Self.neverCopied { fields[name] = given[name] }
            fields[CustomerKey.field] = fingerprint
            record.fields = call.owned(fields, in: bucket, transaction.now)
            if let content {
                (record.segments, record.etag) = (content.segments, Hex.encode(content.md5))
            } else {
                try transaction.retain(record.segments)
            }
            let stored = try transaction.store(record, in: bucket)
            try transaction.emit(call.event(.created, "Copy", stored))
            return (stored, origin, originBucket, bucket)
        }
        var headers = HTTPHeaders()
        customerKey?.show(in: &headers)
        try ObjectHeaders.showWritten(stored, bucket, in: &headers)
        if originBucket.versioning != .off {
            headers.add(name: "x-amz-copy-source-version-id", value: origin.versionName ?? "null")
        }
        return .xml(Self.copyResult("CopyObjectResult", stored.etag, stored.modified, stored.fields), headers: headers)
    }

    /// What a copy has only from its own request.
    private static let neverCopied =
        ["acl", "lock-mode", "lock-until", "legal-hold", "x-amz-storage-class", "x-amz-website-redirect-location"]
        + [S3Archive.field] + ServerSideEncryption.names

    static let sourceChanged = S3Error(
        409, "OperationAborted", "The source object changed while it was being copied. Please try again.")

    /// Writes what is read into a content of its own: where a key comes in, bytes cannot be shared.
    func rewrite(
        _ source: SealedReader, sealedWith key: CustomerKey?, _ observe: (ByteBuffer) -> Void
    ) async throws -> PendingContent {
        var writer = SealedWriter(store, key)
        try await source.forEachBuffer { bytes in
            observe(bytes)
            try writer.write(bytes)
        }
        return try await writer.finish().0
    }

    static func copyResult(_ name: String, _ etag: String, _ modified: Int64, _ fields: FieldList) -> XMLWriter {
        var xml = XMLWriter()
        xml.element(name, s3Namespace) { xml in
            xml.element("LastModified", HTTPDate.iso8601(modified))
            xml.element("ETag", "\"\(etag)\"")
            for (name, value) in fields.all("checksum:") { xml.element("Checksum" + name, value) }
            if let type = fields["checksum-type"] { xml.element("ChecksumType", type) }
        }
        return xml
    }

    /// Whether a directive says `REPLACE`.
    private func directive(_ name: String) throws(S3Error) -> Bool {
        switch request.header(name)?.uppercased() {
        case nil, "COPY": return false
        case "REPLACE": return true
        case let other?:
            let kind = name == "x-amz-tagging-directive" ? "tagging" : "metadata"
            throw .invalidArgument("Unknown \(kind) directive.", name: name, value: other)
        }
    }
}
