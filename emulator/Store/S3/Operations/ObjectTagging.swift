import NIOCore
import NIOHTTP1
import XML

extension S3Call {
    func getObjectTagging() throws -> HTTPReply {
        let (record, bucket) = try store.read { snapshot in
            let bucket = try self.bucket(snapshot)
            return (try Self.tagged(snapshot, bucket, key, requestedVersion(), method: request.method), bucket)
        }
        var headers = HTTPHeaders()
        ObjectHeaders.addVersion(record, bucket, to: &headers)
        return .xml(S3Tags.document(record.fields.all("tag:")), headers: headers)
    }

    func putObjectTagging() async throws -> HTTPReply {
        let tags = try S3Tags.parse(await document(), limit: 10)
        try authorize("s3:PutObjectTagging", requestTags: tags)
        return try await changeTags(tags, status: 200)
    }

    func deleteObjectTagging() async throws -> HTTPReply { try await changeTags([], status: 204) }

    private func changeTags(_ tags: [(name: String, value: String)], status: Int) async throws -> HTTPReply {
        let (call, key, version, method) = (Detached(self), key, requestedVersion(), request.method)
        let (record, bucket) = try await store.write { transaction in
            let bucket = try call.bucket(transaction)
            var record = try Self.tagged(transaction, bucket, key, version, method: method)
            record.fields.replaceAll("tag:", with: tags)
            let current = try transaction.object(bucket.id, key)
            try transaction.update(record, isCurrent: record.version == current?.version)
            return (record, bucket)
        }
        var headers = HTTPHeaders()
        ObjectHeaders.addVersion(record, bucket, to: &headers)
        return HTTPReply(status, headers)
    }

    /// The version whose tags are meant; delete markers have none, even the newest one.
    private static func tagged(
        _ reading: some StoreReading, _ bucket: BucketRecord, _ key: String, _ version: String??, method: String
    ) throws -> ObjectRecord {
        if let version { try checkVersion(version, in: bucket) }
        let newest = try reading.object(bucket.id, key) ?? reading.newestVersion(bucket.id, key)
        guard let record = try version.map({ try reading.version(bucket.id, key, named: $0) }) ?? newest else {
            throw version.map { S3Error.noSuchVersion(key, $0 ?? "null") } ?? S3Error.noSuchKey(key)
        }
        guard record.kind == .object else {
            throw record.kind == .deleteMarker
                ? isDeleteMarker(record, bucket, method: method) : S3Error.noSuchKey(key)
        }
        return record
    }

    func getObjectAttributes() throws -> HTTPReply {
        let wanted = Set(
            request.headers["x-amz-object-attributes"].flatMap { $0.split(separator: ",") }
                .map { String($0).trimmingSpaces })
        guard !wanted.isEmpty else {
            throw S3Error.invalidRequest(
                "The x-amz-object-attributes header specifying the attributes to be retrieved is either missing "
                    + "or empty"
            )
        }
        let known: Set<String> = ["ETag", "Checksum", "ObjectParts", "StorageClass", "ObjectSize"]
        guard wanted.isSubset(of: known) else {
            throw S3Error.invalidArgument(
                "Invalid attribute name specified.", name: "x-amz-object-attributes",
                value: wanted.joined(separator: ","))
        }
        let (record, bucket) = try store.read { try find($0) }
        try CustomerKey.check(CustomerKey(request), opens: record)
        let limit = request.header("x-amz-max-parts").flatMap { Int($0) } ?? 1000
        let marker = request.header("x-amz-part-number-marker").flatMap { Int64($0) } ?? 0
        var xml = XMLWriter()
        xml.element("GetObjectAttributesResponse", s3Namespace) { xml in
            if wanted.contains("ETag") { xml.element("ETag", record.etag) }
            let checksums = record.fields.all("checksum:")
            if wanted.contains("Checksum"), !checksums.isEmpty {
                xml.element("Checksum") { xml in
                    for (name, value) in checksums { xml.element("Checksum" + name, value) }
                    xml.element("ChecksumType", record.fields["checksum-type"] ?? "FULL_OBJECT")
                }
            }
            if wanted.contains("ObjectParts"), let parts = S3Parts(record) {
                let rest = parts.parts.filter { $0.number > marker }
                xml.element("ObjectParts") { xml in
                    xml.element("PartsCount", String(parts.parts.count))
                    xml.element("PartNumberMarker", String(marker))
                    xml.element("NextPartNumberMarker", String(rest.prefix(limit).last?.number ?? 0))
                    xml.element("MaxParts", String(limit))
                    xml.element("IsTruncated", rest.count > limit ? "true" : "false")
                    for part in rest.prefix(limit) {
                        xml.element("Part") { xml in
                            xml.element("PartNumber", String(part.number))
                            xml.element("Size", String(part.size))
                            if let name = checksums.first?.name, !part.checksum.isEmpty {
                                xml.element("Checksum" + name, part.checksum)
                            }
                        }
                    }
                }
            }
            if wanted.contains("StorageClass") {
                xml.element("StorageClass", record.fields["x-amz-storage-class"] ?? "STANDARD")
            }
            if wanted.contains("ObjectSize") { xml.element("ObjectSize", String(record.size)) }
        }
        var headers: HTTPHeaders = ["Last-Modified": HTTPDate.rfc1123(record.modified)]
        ObjectHeaders.addVersion(record, bucket, to: &headers)
        return .xml(xml, headers: headers)
    }
}
