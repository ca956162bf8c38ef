import Cryptography
import NIOCore
import NIOHTTP1
import XML

extension S3Call {
    /// A part as the client lists it.
    private struct Wish: Sendable {
        let number: Int64
        let etag: String
        let checksums: [String: String]
    }

    static let minimumPartSize: Int64 = 5 << 20

    func completeMultipartUpload() async throws -> HTTPReply {
        let id = request.parameter("uploadId") ?? ""
        let wishes = try Self.wishes(await document(limit: 4 << 20, hasChecksum: false), upload: id)
        let conditions = HTTPConditions(request)
        let customerKey = try CustomerKey(request)
        let expected = try expectedChecksum()
        let expectedType = try checksumType()
        let expectedSize = request.header("x-amz-mp-object-size").flatMap { Int64($0) }
        let (call, key) = (Detached(self), key)
        let (stored, bucket) = try await store.write { transaction in
            let bucket = try call.bucket(transaction)
            let upload: UploadRecord
            do { upload = try Self.upload(transaction, id, call.bucketName, key) } catch let error as S3Error {
                // A client that did not hear the answer asks again: the answer is the same.
                if let done = try transaction.object(bucket.id, key), done.fields["upload"] == id {
                    return (done, bucket)
                }
                throw error
            }
            try CustomerKey.check(customerKey, completes: upload)
            if let expectedType, let type = upload.fields["upload-type"], type != expectedType {
                throw S3Error.invalidRequest(
                    "The upload was created using the \(type) checksum mode. The complete request must use the "
                        + "same checksum mode."
                )
            }
            try Self.checkWrite(conditions, against: try transaction.object(bucket.id, key), key: key)
            var record = try Self.assemble(upload, wishes, transaction, expected)
            if let expectedSize, expectedSize != record.size {
                throw S3Error.invalidRequest(
                    "The provided 'x-amz-mp-object-size' header does not match what was computed.")
            }
            record.fields["upload"] = id
            ObjectLock.addDefault(of: bucket, to: &record.fields, now: transaction.now)
            let stored = try transaction.store(record, in: bucket)
            try transaction.remove(upload, keeping: Set(wishes.map(\.number)))
            try transaction.emit(call.event(.created, "CompleteMultipartUpload", stored))
            return (stored, bucket)
        }
        var headers = HTTPHeaders()
        try ObjectHeaders.showWritten(stored, bucket, in: &headers)
        customerKey?.show(in: &headers)
        var xml = XMLWriter()
        xml.element("CompleteMultipartUploadResult", s3Namespace) { xml in
            let host = request.header("host") ?? ""
            xml.element("Location", "http://\(host)/\(bucketName)/\(PercentEncoding.encode(key, keepingSlash: true))")
            xml.element("Bucket", bucketName)
            xml.element("Key", key)
            xml.element("ETag", "\"\(stored.etag)\"")
            for (name, value) in stored.fields.all("checksum:") { xml.element("Checksum" + name, value) }
            if let type = stored.fields["checksum-type"] { xml.element("ChecksumType", type) }
        }
        return .xml(xml, headers: headers)
    }

    private static func wishes(_ document: XMLElement, upload: String) throws(S3Error) -> [Wish] {
        guard document.name == "CompleteMultipartUpload" else { throw .malformedXML }
        var wishes: [Wish] = []
        for part in document.all("Part") {
            guard let number = part["PartNumber"].flatMap({ Int64($0.trimmingSpaces) }), let etag = part["ETag"] else {
                throw .malformedXML
            }
            var checksums: [String: String] = [:]
            for algorithm in ChecksumAlgorithm.allCases { checksums[algorithm.rawValue] = part[algorithm.element] }
            wishes.append(Wish(number: number, etag: etag.filter { $0 != "\"" }, checksums: checksums))
        }
        guard !wishes.isEmpty, wishes.count <= 10_000 else { throw .malformedXML }
        for (previous, next) in zip(wishes, wishes.dropFirst()) where previous.number >= next.number {
            throw S3Error(
                400, "InvalidPartOrder",
                "The list of parts was not in ascending order. Parts must be ordered by part number.",
                ["UploadId": upload])
        }
        return wishes
    }

    /// The checksum of the whole that the client states, if it does.
    private func expectedChecksum() throws(S3Error) -> (ChecksumAlgorithm, String)? {
        let given = ChecksumAlgorithm.allCases.compactMap { algorithm in
            request.header(algorithm.header).map { (algorithm, $0) }
        }
        if given.count > 1 { throw S3Checksums.severalChecksums }
        return given.first
    }

    private static func assemble(
        _ upload: UploadRecord, _ wishes: [Wish], _ transaction: Transaction,
        _ expected: (ChecksumAlgorithm, String)?
    ) throws -> ObjectRecord {
        let algorithm = upload.fields["upload-algorithm"].flatMap(ChecksumAlgorithm.init)
        let isComposite = upload.fields["upload-type"] == "COMPOSITE"
        var segments: [Segment] = []
        var parts: [(number: Int64, size: Int64, checksum: String)] = []
        var md5 = MD5()
        var checksum = ComposedChecksum(algorithm, isComposite: isComposite)
        for (index, wish) in wishes.enumerated() {
            guard let part = try transaction.part(upload.id, wish.number), part.etag == wish.etag else {
                throw S3Error(
                    400, "InvalidPart",
                    "One or more of the specified parts could not be found.  The part may not have been "
                        + "uploaded, or the specified entity tag may not match the part's entity tag.",
                    ["UploadId": upload.id, "PartNumber": String(wish.number), "ETag": wish.etag])
            }
            for (name, value) in wish.checksums where part.fields["checksum:" + name] != value {
                throw S3Error(
                    400, "InvalidPart",
                    "One or more of the specified parts could not be found.  The part may not have been "
                        + "uploaded, or the specified entity tag may not match the part's entity tag.",
                    ["UploadId": upload.id, "PartNumber": String(wish.number), "ETag": wish.etag])
            }
            if part.size < minimumPartSize && index < wishes.count - 1 {
                throw S3Error(
                    400, "EntityTooSmall", "Your proposed upload is smaller than the minimum allowed size",
                    [
                        "ProposedSize": String(part.size), "MinSizeAllowed": String(minimumPartSize),
                        "PartNumber": String(part.number), "ETag": part.etag,
                    ])
            }
            segments += part.segments
            md5.update(Hex.decode(part.etag) ?? [])
            let partChecksum = algorithm.flatMap { part.fields["checksum:" + $0.rawValue] } ?? ""
            checksum.add(partChecksum, size: part.size)
            parts.append((part.number, part.size, partChecksum))
        }
        var fields = upload.fields
        fields["upload-algorithm"] = nil
        fields["upload-type"] = nil
        fields["initiator"] = nil
        fields["parts"] = S3Parts(parts).field
        if let algorithm, let value = checksum.value {
            if let expected, expected.0 == algorithm {
                let stated = expected.1.split(separator: "-")[0]
                guard stated == value.split(separator: "-")[0] else {
                    throw S3Error(
                        400, "BadDigest",
                        "The \(algorithm.rawValue) you specified did not match the calculated checksum.")
                }
            }
            fields["checksum:" + algorithm.rawValue] = value
            fields["checksum-type"] = isComposite ? "COMPOSITE" : "FULL_OBJECT"
        }
        return ObjectRecord(
            bucket: upload.bucket, key: upload.key, version: 0, versionName: nil, size: segments.byteCount,
            etag: Hex.encode(md5.finalize()) + "-\(wishes.count)", modified: transaction.now, revision: 0,
            segments: segments, fields: fields)
    }
}
