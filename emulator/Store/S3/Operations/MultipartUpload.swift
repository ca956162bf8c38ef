import Cryptography
import NIOCore
import NIOHTTP1
import XML

extension S3Call {
    func createMultipartUpload() async throws -> HTTPReply {
        var fields = try ObjectHeaders.fields(request)
        try addProtection(to: &fields)
        let customerKey = try CustomerKey(request)
        fields[CustomerKey.field] = customerKey?.fingerprint()
        if let named = request.header("x-amz-checksum-algorithm") {
            guard let algorithm = ChecksumAlgorithm(rawValue: named.uppercased()) else {
                throw S3Error.invalidRequest(
                    "Checksum algorithm provided is unsupported. Please try again with any of the valid types: "
                        + "[CRC32, CRC32C, CRC64NVME, SHA1, SHA256]"
                )
            }
            let type =
                try checksumType()
                ?? (algorithm == .crc64nvme ? "FULL_OBJECT" : "COMPOSITE")
            let isPossible =
                type == "COMPOSITE" ? algorithm != .crc64nvme : type == "FULL_OBJECT" && algorithm.crc != nil
            guard isPossible else {
                throw S3Error.invalidRequest(
                    "The \(type) checksum type cannot be used with the \(algorithm.rawValue.lowercased()) "
                        + "checksum algorithm."
                )
            }
            fields["upload-algorithm"] = algorithm.rawValue
            fields["upload-type"] = type
        } else if try checksumType() != nil {
            throw S3Error.invalidRequest(
                "The x-amz-checksum-type header can only be used with the x-amz-checksum-algorithm header.")
        }
        let bucket = try existingBucket()
        fields["owner"] = Detached(self).owner(in: bucket)
        fields["initiator"] = userID
        ServerSideEncryption.addDefault(of: bucket, to: &fields)
        let id = Base64.encodeURL(SecureRandom.bytes(24))
        let (call, key, final) = (Detached(self), key, fields)
        try await store.write { transaction in
            let bucket = try call.bucket(transaction)
            try transaction.insert(
                UploadRecord(id: id, bucket: bucket.id, key: key, created: transaction.now, fields: final))
        }
        var headers = HTTPHeaders()
        customerKey?.show(in: &headers)
        ServerSideEncryption.show(fields, in: &headers)
        if let algorithm = fields["upload-algorithm"] {
            headers.add(name: "x-amz-checksum-algorithm", value: algorithm)
            headers.add(name: "x-amz-checksum-type", value: fields["upload-type"] ?? "")
        }
        var xml = XMLWriter()
        xml.element("InitiateMultipartUploadResult", s3Namespace) { xml in
            xml.element("Bucket", bucketName)
            xml.element("Key", key)
            xml.element("UploadId", id)
        }
        return .xml(xml, headers: headers)
    }

    /// Whether a checksum is of the whole or of the parts' checksums, where a request says it.
    func checksumType() throws(S3Error) -> String? {
        guard let type = request.header("x-amz-checksum-type")?.uppercased() else { return nil }
        guard type == "COMPOSITE" || type == "FULL_OBJECT" else {
            throw .invalidRequest("Value for x-amz-checksum-type header is invalid.")
        }
        return type
    }

    /// The upload a request names, which must be of this bucket and key.
    func upload(_ reading: some StoreReading) throws -> UploadRecord {
        try Self.upload(reading, request.parameter("uploadId") ?? "", bucketName, key)
    }

    static func upload(_ reading: some StoreReading, _ id: String, _ bucket: String, _ key: String) throws
        -> UploadRecord
    {
        guard let bucket = try reading.bucket(bucket) else { throw S3Error.noSuchBucket(bucket) }
        guard let upload = try reading.upload(id), upload.bucket == bucket.id, upload.key.utf8.elementsEqual(key.utf8)
        else { throw S3Error.noSuchUpload(id) }
        return upload
    }

    private func partNumber() throws(S3Error) -> Int64 {
        let text = request.parameter("partNumber") ?? ""
        guard let number = Int64(text), (1...10_000).contains(number) else {
            throw .invalidArgument(
                "Part number must be an integer between 1 and 10000, inclusive", name: "partNumber", value: text)
        }
        return number
    }

    func uploadPart() async throws -> HTTPReply {
        try checkLength()
        let number = try partNumber()
        let customerKey = try CustomerKey(request)
        let upload = try store.read { try self.upload($0) }
        try CustomerKey.check(customerKey, continues: upload)
        let (content, checksum) = try await receive(sealedWith: customerKey)
        var fields = FieldList()
        if let (algorithm, value) = checksum { fields["checksum:" + algorithm.rawValue] = value }
        if let wanted = upload.fields["upload-algorithm"], let checksum, checksum.0.rawValue != wanted {
            store.discard(content)
            throw S3Error.invalidRequest(
                "Checksum Type mismatch occurred, expected checksum Type: \(wanted.lowercased()), actual "
                    + "checksum Type: \(checksum.0.rawValue.lowercased())"
            )
        }
        let part = PartRecord(
            number: number, size: content.segments.byteCount, etag: Hex.encode(content.md5),
            modified: Clock.milliseconds(), segments: content.segments, fields: fields)
        let (call, key, id) = (Detached(self), key, upload.id)
        try await store.write(adopting: content) { transaction in
            // It may have been completed or aborted while the part came in.
            _ = try Self.upload(transaction, id, call.bucketName, key)
            try transaction.put(part, of: id)
        }
        var headers: HTTPHeaders = ["ETag": "\"\(part.etag)\""]
        customerKey?.show(in: &headers)
        ServerSideEncryption.show(upload.fields, in: &headers)
        if let (algorithm, value) = checksum { headers.add(name: algorithm.header, value: value) }
        return HTTPReply(200, headers)
    }

    func uploadPartCopy() async throws -> HTTPReply {
        let number = try partNumber()
        let source = try copySource()
        let (customerKey, sourceKey) = (try CustomerKey(request), try CustomerKey(sourceOf: request))
        let upload = try store.read { try self.upload($0) }
        try CustomerKey.check(customerKey, continues: upload)
        let conditions = HTTPConditions(request, prefix: "x-amz-copy-source-")
        let rangeText = request.header("x-amz-copy-source-range")
        // The part's ETag is a hash, so its bytes have to be read; they are not copied.
        let (origin, reader) = try store.open { snapshot in
            let (record, _) = try source.find(snapshot)
            try CustomerKey.check(sourceKey, opens: record)
            try S3Archive.checkRead(record)
            try Self.checkSource(conditions, record)
            return (record, SealedReader.stored(try Self.slice(record, rangeText), sourceKey))
        }
        let algorithm = upload.fields["upload-algorithm"].flatMap(ChecksumAlgorithm.init)
        let slice = try Self.slice(origin, rangeText)
        let sealed = SealedReader(reader, slice, sourceKey)
        var md5 = MD5()
        var hasher = algorithm.map(ChecksumHasher.init)
        var rewritten: PendingContent?
        if customerKey == nil && sourceKey == nil {
            try await sealed.forEachBuffer { bytes in
                md5.update(bytes.readableBytesView)
                hasher?.update(bytes)
            }
        } else {
            rewritten = try await rewrite(sealed, sealedWith: customerKey) { hasher?.update($0) }
        }
        var fields = FieldList()
        if let algorithm, let hasher { fields["checksum:" + algorithm.rawValue] = Base64.encode(hasher.finalize()) }
        let segments = rewritten?.segments ?? slice
        let part = PartRecord(
            number: number, size: segments.byteCount, etag: Hex.encode(rewritten?.md5 ?? md5.finalize()),
            modified: Clock.milliseconds(), segments: segments, fields: fields)
        let isShared = rewritten == nil
        let (call, key, id) = (Detached(self), key, upload.id)
        try await store.write(adopting: rewritten) { transaction in
            _ = try Self.upload(transaction, id, call.bucketName, key)
            guard try source.find(transaction).0.version == origin.version else {
                throw Self.sourceChanged
            }
            if isShared { try transaction.retain(part.segments) }
            try transaction.put(part, of: id)
        }
        var headers = HTTPHeaders()
        customerKey?.show(in: &headers)
        ServerSideEncryption.show(upload.fields, in: &headers)
        return .xml(Self.copyResult("CopyPartResult", part.etag, part.modified, part.fields), headers: headers)
    }

    private static func slice(_ record: ObjectRecord, _ range: String?) throws(S3Error) -> [Segment] {
        guard let range else { return record.segments }
        guard case .between(let first, let last)? = ByteRange(range) else {
            throw .invalidArgument(
                "The x-amz-copy-source-range value must be of the form bytes=first-last where first and last are "
                    + "the zero-based offsets of the first and last bytes to copy",
                name: "x-amz-copy-source-range", value: range)
        }
        guard first < record.size else {
            throw .invalidRequest("The specified copy range is invalid for the source object size")
        }
        guard last < record.size else {
            throw S3Error(
                400, "InvalidRange", "Range specified is not valid for source object of size: \(record.size)",
                ["ArgumentName": "x-amz-copy-source-range", "ArgumentValue": range])
        }
        return record.segments.slice(first..<(last + 1))
    }

    func abortMultipartUpload() async throws -> HTTPReply {
        let (call, key, id) = (Detached(self), key, request.parameter("uploadId") ?? "")
        try await store.write { transaction in
            try transaction.remove(try Self.upload(transaction, id, call.bucketName, key))
        }
        return HTTPReply(204)
    }

    func listParts() throws -> HTTPReply {
        let limit = min(try number("max-parts", in: 0...Int(Int32.max)) ?? 1000, 1000)
        let marker = try number("part-number-marker", in: 0...Int(Int32.max)) ?? 0
        let (upload, parts) = try store.read { snapshot in
            let upload = try self.upload(snapshot)
            return (upload, try snapshot.parts(upload.id, after: Int64(marker), limit: limit + 1))
        }
        var xml = XMLWriter()
        xml.element("ListPartsResult", s3Namespace) { xml in
            xml.element("Bucket", bucketName)
            xml.element("Key", key)
            xml.element("UploadId", upload.id)
            writeOwner(&xml, upload.fields["initiator"] ?? "", element: "Initiator")
            writeOwner(&xml, upload.fields["owner"] ?? "")
            xml.element("StorageClass", upload.fields["x-amz-storage-class"] ?? "STANDARD")
            xml.element("PartNumberMarker", String(marker))
            if parts.count > limit, limit > 0 {
                xml.element("NextPartNumberMarker", String(parts[limit - 1].number))
            } else {
                xml.element("NextPartNumberMarker", String(parts.last?.number ?? 0))
            }
            xml.element("MaxParts", String(limit))
            xml.element("IsTruncated", parts.count > limit ? "true" : "false")
            if let algorithm = upload.fields["upload-algorithm"] {
                xml.element("ChecksumAlgorithm", algorithm)
                xml.element("ChecksumType", upload.fields["upload-type"] ?? "")
            }
            for part in parts.prefix(limit) {
                xml.element("Part") { xml in
                    xml.element("PartNumber", String(part.number))
                    xml.element("LastModified", HTTPDate.iso8601(part.modified))
                    xml.element("ETag", "\"\(part.etag)\"")
                    xml.element("Size", String(part.size))
                    for (name, value) in part.fields.all("checksum:") { xml.element("Checksum" + name, value) }
                }
            }
        }
        return .xml(xml)
    }

    func listMultipartUploads() throws -> HTTPReply {
        let limit = min(try number("max-uploads", in: 0...Int(Int32.max)) ?? 1000, 1000)
        let prefix = request.parameter("prefix") ?? ""
        let delimiter = request.parameter("delimiter") ?? ""
        let keyMarker = request.parameter("key-marker") ?? ""
        // Without the key it belongs to, an upload's mark means nothing.
        let idMarker = keyMarker.isEmpty ? "" : request.parameter("upload-id-marker") ?? ""
        let isEncoded = try encodesNames()
        func name(_ text: String) -> String { isEncoded ? PercentEncoding.encode(text, keepingSlash: true) : text }
        let page = try store.read { snapshot in
            try UploadPage(
                snapshot, bucket: bucket(snapshot).id, prefix: prefix, delimiter: delimiter, keyMarker: keyMarker,
                idMarker: idMarker, limit: limit)
        }
        var xml = XMLWriter()
        xml.element("ListMultipartUploadsResult", s3Namespace) { xml in
            xml.element("Bucket", bucketName)
            xml.element("KeyMarker", name(keyMarker))
            xml.element("UploadIdMarker", idMarker)
            xml.element("NextKeyMarker", name(page.isTruncated ? page.lastKey : ""))
            xml.element("NextUploadIdMarker", page.isTruncated ? page.lastID : "")
            if !delimiter.isEmpty { xml.element("Delimiter", name(delimiter)) }
            xml.element("Prefix", name(prefix))
            xml.element("MaxUploads", String(limit))
            if isEncoded { xml.element("EncodingType", "url") }
            xml.element("IsTruncated", page.isTruncated ? "true" : "false")
            for upload in page.uploads {
                xml.element("Upload") { xml in
                    xml.element("Key", name(upload.key))
                    xml.element("UploadId", upload.id)
                    writeOwner(&xml, upload.fields["initiator"] ?? "", element: "Initiator")
                    writeOwner(&xml, upload.fields["owner"] ?? "")
                    xml.element("StorageClass", upload.fields["x-amz-storage-class"] ?? "STANDARD")
                    xml.element("Initiated", HTTPDate.iso8601(upload.created))
                    if let algorithm = upload.fields["upload-algorithm"] {
                        xml.element("ChecksumAlgorithm", algorithm)
                        xml.element("ChecksumType", upload.fields["upload-type"] ?? "")
                    }
                }
            }
            for common in page.prefixes { xml.element("CommonPrefixes") { $0.element("Prefix", name(common)) } }
        }
        return .xml(xml)
    }
}
