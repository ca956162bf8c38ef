import Cryptography
import XML

extension S3Call {
    /// Whether a list writes its names with percent signs.
    func encodesNames() throws(S3Error) -> Bool {
        guard let type = request.parameter("encoding-type") else { return false }
        guard type.lowercased() == "url" else {
            throw .invalidArgument(
                "Invalid Encoding Method specified in Request", name: "encoding-type", value: type)
        }
        return true
    }

    private struct Query {
        let prefix: String
        let delimiter: String
        let limit: Int
        let isEncoded: Bool

        /// A name in an answer: percent-encoded where the client asked for it, because XML cannot carry every
        /// character.
        func name(_ text: String) -> String {
            isEncoded ? PercentEncoding.encode(text, keepingSlash: true) : text
        }

        /// The prefix as the first version of the list repeats it: some clients decode it there and some do not, so it
        /// is encoded only where decoding would change it.
        var askedPrefix: String {
            let isPlain = !prefix.contains { $0 == "%" || $0 == "+" } && XMLWriter.canExpress(prefix)
            return isPlain ? prefix : name(prefix)
        }
    }

    private func listQuery() throws -> Query {
        let limit = try number("max-keys", in: 0...Int(Int32.max)) ?? 1000
        // Ceph's clients may allow any order, then without a delimiter; the one kept here is as good as any.
        if request.parameter("allow-unordered") == "true", request.parameter("delimiter")?.isEmpty == false {
            throw S3Error.invalidArgument(
                "A list in any order has no delimiter", name: "delimiter", value: request.parameter("delimiter") ?? "")
        }
        return Query(
            prefix: request.parameter("prefix") ?? "", delimiter: request.parameter("delimiter") ?? "",
            limit: min(limit, 1000), isEncoded: try encodesNames())
    }

    func listObjects() throws -> HTTPReply {
        let query = try listQuery()
        let marker = request.parameter("marker") ?? ""
        let page = try store.read { snapshot in
            try snapshot.list(
                ListQuery(
                    bucket: bucket(snapshot).id, prefix: query.prefix, delimiter: query.delimiter, after: marker,
                    limit: query.limit))
        }
        var xml = XMLWriter()
        xml.element("ListBucketResult", s3Namespace) { xml in
            xml.element("Name", bucketName)
            xml.element("Prefix", query.askedPrefix)
            xml.element("Marker", query.name(marker))
            // Without a delimiter the last key is the next marker, and every client knows it.
            if page.isTruncated, !query.delimiter.isEmpty, let last = page.entries.last {
                xml.element("NextMarker", query.name(last.name))
            }
            xml.element("MaxKeys", String(query.limit))
            if !query.delimiter.isEmpty { xml.element("Delimiter", query.name(query.delimiter)) }
            if query.isEncoded { xml.element("EncodingType", "url") }
            xml.element("IsTruncated", page.isTruncated ? "true" : "false")
            write(page, query, &xml, withOwner: true)
        }
        return .xml(xml)
    }

    func listObjectsV2() throws -> HTTPReply {
        let query = try listQuery()
        let token = request.parameter("continuation-token")
        var after = request.parameter("start-after") ?? ""
        if let token, !token.isEmpty {
            guard let bytes = Base64.decodeURL(token), let last = String(validating: bytes, as: UTF8.self),
                !last.isEmpty
            else {
                throw S3Error.invalidArgument(
                    "The continuation token provided is incorrect", name: "continuation-token", value: token)
            }
            after = last
        }
        let page = try store.read { snapshot in
            try snapshot.list(
                ListQuery(
                    bucket: bucket(snapshot).id, prefix: query.prefix, delimiter: query.delimiter, after: after,
                    limit: query.limit))
        }
        var xml = XMLWriter()
        xml.element("ListBucketResult", s3Namespace) { xml in
            xml.element("Name", bucketName)
            xml.element("Prefix", query.name(query.prefix))
            if let start = request.parameter("start-after") { xml.element("StartAfter", query.name(start)) }
            if let token { xml.element("ContinuationToken", token) }
            if page.isTruncated, let last = page.entries.last {
                xml.element("NextContinuationToken", Base64.encodeURL(Array(last.name.utf8)))
            }
            xml.element("KeyCount", String(page.entries.count))
            xml.element("MaxKeys", String(query.limit))
            if !query.delimiter.isEmpty { xml.element("Delimiter", query.name(query.delimiter)) }
            if query.isEncoded { xml.element("EncodingType", "url") }
            xml.element("IsTruncated", page.isTruncated ? "true" : "false")
            write(page, query, &xml, withOwner: request.parameter("fetch-owner") == "true")
        }
        return .xml(xml)
    }

    private func write(_ page: ListPage, _ query: Query, _ xml: inout XMLWriter, withOwner: Bool) {
        for case .object(let record) in page.entries {
            xml.element("Contents") { xml in
                xml.element("Key", query.name(record.key))
                writeProperties(record, &xml, withOwner: withOwner)
            }
        }
        for case .prefix(let prefix) in page.entries {
            xml.element("CommonPrefixes") { $0.element("Prefix", query.name(prefix)) }
        }
    }

    private func writeProperties(_ record: ObjectRecord, _ xml: inout XMLWriter, withOwner: Bool) {
        xml.element("LastModified", HTTPDate.iso8601(record.modified))
        xml.element("ETag", "\"\(record.etag)\"")
        for (name, _) in record.fields.all("checksum:") {
            xml.element("ChecksumAlgorithm", name)
            xml.element("ChecksumType", record.fields["checksum-type"] ?? "FULL_OBJECT")
        }
        xml.element("Size", String(record.size))
        if withOwner { writeOwner(&xml, record.fields["owner"] ?? options.users.first?.id ?? "") }
        xml.element("StorageClass", record.fields["x-amz-storage-class"] ?? "STANDARD")
        if request.parameter("metadata") == "true" { writeMetadata(record, &xml) }
    }

    /// What MinIO tells of an object in a list, where its clients ask for it.
    private func writeMetadata(_ record: ObjectRecord, _ xml: inout XMLWriter) {
        xml.element("UserMetadata") { xml in
            if let type = record.fields["content-type"] { xml.element("content-type", type) }
            for (name, value) in record.fields.all("meta:") where name.utf8.allSatisfy(PercentEncoding.isUnreserved) {
                xml.element("X-Amz-Meta-" + name, value)
            }
        }
        let tags = record.fields.all("tag:")
        if tags.isEmpty { return }
        xml.element(
            "UserTags",
            tags.map { PercentEncoding.encode($0.name) + "=" + PercentEncoding.encode($0.value) }.joined(separator: "&")
        )
    }

    func listObjectVersions() throws -> HTTPReply {
        let query = try listQuery()
        let keyMarker = request.parameter("key-marker") ?? ""
        let versionMarker = request.parameter("version-id-marker") ?? ""
        let page = try store.read { snapshot in
            try snapshot.listVersions(
                VersionQuery(
                    bucket: bucket(snapshot).id, prefix: query.prefix, delimiter: query.delimiter,
                    afterKey: keyMarker, afterVersion: versionMarker, limit: query.limit))
        }
        var xml = XMLWriter()
        xml.element("ListVersionsResult", s3Namespace) { xml in
            xml.element("Name", bucketName)
            xml.element("Prefix", query.name(query.prefix))
            xml.element("KeyMarker", query.name(keyMarker))
            xml.element("VersionIdMarker", versionMarker)
            if page.isTruncated, let last = page.entries.last {
                xml.element("NextKeyMarker", query.name(last.name))
                if case .version(let record, _) = last {
                    xml.element("NextVersionIdMarker", record.versionName ?? "null")
                }
            }
            xml.element("MaxKeys", String(query.limit))
            if !query.delimiter.isEmpty { xml.element("Delimiter", query.name(query.delimiter)) }
            if query.isEncoded { xml.element("EncodingType", "url") }
            xml.element("IsTruncated", page.isTruncated ? "true" : "false")
            for case .version(let record, let isLatest) in page.entries {
                xml.element(record.kind == .deleteMarker ? "DeleteMarker" : "Version") { xml in
                    xml.element("Key", query.name(record.key))
                    xml.element("VersionId", record.versionName ?? "null")
                    xml.element("IsLatest", isLatest ? "true" : "false")
                    if record.kind == .deleteMarker {
                        xml.element("LastModified", HTTPDate.iso8601(record.modified))
                        writeOwner(&xml, record.fields["owner"] ?? options.users.first?.id ?? "")
                    } else {
                        writeProperties(record, &xml, withOwner: true)
                    }
                }
            }
            for case .prefix(let prefix) in page.entries {
                xml.element("CommonPrefixes") { $0.element("Prefix", query.name(prefix)) }
            }
        }
        return .xml(xml)
    }
}
