import NIOCore
import NIOHTTP1

extension S3Call {
    /// The version a request names; nil where it names none. The version called `null` has no name.
    func requestedVersion() -> String?? {
        guard let text = request.parameter("versionId") else { return .none }
        return .some(text == "null" ? nil : text)
    }

    /// Where versions are not kept, only the one called `null` can be named.
    static func checkVersion(_ version: String?, in bucket: BucketRecord) throws(S3Error) {
        guard bucket.versioning == .off, let version else { return }
        throw .invalidArgument("Invalid version id specified", name: "versionId", value: version)
    }

    /// The object a read is about.
    func find(_ reading: some StoreReading) throws -> (ObjectRecord, BucketRecord) {
        let bucket = try bucket(reading)
        guard let version = requestedVersion() else {
            if let record = try reading.object(bucket.id, key) { return (record, bucket) }
            var error = S3Error.noSuchKey(key)
            if bucket.versioning != .off, let marker = try reading.newestVersion(bucket.id, key),
                marker.kind == .deleteMarker
            {
                error.headers.add(name: "x-amz-delete-marker", value: "true")
                ObjectHeaders.addVersion(marker, bucket, to: &error.headers)
            } else {
                error.headers.add(name: "x-amz-delete-marker", value: "false")
            }
            throw error
        }
        try Self.checkVersion(version, in: bucket)
        guard let record = try reading.version(bucket.id, key, named: version) else {
            throw S3Error.noSuchVersion(key, version ?? "null")
        }
        if record.kind == .deleteMarker { throw Self.isDeleteMarker(record, bucket, method: request.method) }
        return (record, bucket)
    }

    static func isDeleteMarker(_ record: ObjectRecord, _ bucket: BucketRecord, method: String) -> S3Error {
        var error = S3Error.methodNotAllowed
        error.details = [("Method", method), ("ResourceType", "DeleteMarker")]
        error.headers.add(name: "x-amz-delete-marker", value: "true")
        error.headers.add(name: "Last-Modified", value: HTTPDate.rfc1123(record.modified))
        ObjectHeaders.addVersion(record, bucket, to: &error.headers)
        return error
    }

    /// `GetObject` and `HeadObject`.
    func getObject() throws -> HTTPReply {
        struct Found {
            let record: ObjectRecord
            let bucket: BucketRecord
            let range: Range<Int64>?
            let segments: [Segment]
        }
        try ServerSideEncryption.checkRead(request)
        let conditions = HTTPConditions(request)
        let isHead = request.method == "HEAD"
        let customerKey = try CustomerKey(request)
        let (found, reader) = try store.open { snapshot in
            let (record, bucket) = try find(snapshot)
            try CustomerKey.check(customerKey, opens: record)
            try check(conditions, record, bucket)
            if !isHead { try S3Archive.checkRead(record) }
            let range = try range(of: record)
            let segments = range.map { record.segments.slice($0) } ?? record.segments
            let found = Found(record: record, bucket: bucket, range: range, segments: segments)
            return (found, isHead ? [] : SealedReader.stored(segments, customerKey))
        }
        var headers = HTTPHeaders()
        ObjectHeaders.show(found.record, in: &headers)
        ObjectHeaders.addVersion(found.record, found.bucket, to: &headers)
        if request.parameter("versionId") == nil {
            try ObjectHeaders.showExpiration(found.record, found.bucket, in: &headers)
        }
        customerKey?.show(in: &headers)
        if request.has("partNumber"), let parts = S3Parts(found.record) {
            headers.add(name: "x-amz-mp-parts-count", value: String(parts.parts.count))
        }
        try addOverrides(to: &headers)
        if request.header("x-amz-checksum-mode")?.uppercased() == "ENABLED" {
            addChecksum(of: found.record, isWhole: found.range == nil, to: &headers)
        }
        let size = found.record.size
        if let range = found.range {
            headers.add(name: "Content-Range", value: "bytes \(range.lowerBound)-\(range.upperBound - 1)/\(size)")
        }
        var body = HTTPReply.Body.contents(reader)
        if customerKey != nil {
            let sealed = SealedReader(reader, found.segments, customerKey)
            body = .stream { writer in try await sealed.forEachBuffer(writer.write) }
        }
        if isHead || customerKey != nil {
            headers.add(name: "Content-Length", value: String(found.range.map { Int64($0.count) } ?? size))
        }
        return HTTPReply(found.range == nil ? 200 : 206, headers, body: isHead ? .none : body)
    }

    func check(_ conditions: HTTPConditions, _ record: ObjectRecord, _ bucket: BucketRecord) throws(S3Error) {
        if conditions.isEmpty { return }
        switch conditions.evaluate(etag: record.etag, modified: record.modified) {
        case .holds: return
        case .failed(let header): throw .preconditionFailed(header)
        case .notModified:
            var error = S3Error(304, "NotModified", "Not Modified")
            error.headers.add(name: "ETag", value: "\"\(record.etag)\"")
            error.headers.add(name: "Last-Modified", value: HTTPDate.rfc1123(record.modified))
            ObjectHeaders.addVersion(record, bucket, to: &error.headers)
            throw error
        }
    }

    /// The bytes asked for; nil: all of them.
    private func range(of record: ObjectRecord) throws -> Range<Int64>? {
        if let text = request.parameter("partNumber") {
            guard let number = Int(text), (1...10_000).contains(number) else {
                throw S3Error.invalidArgument(
                    "Part number must be an integer between 1 and 10000, inclusive", name: "partNumber", value: text)
            }
            let parts = S3Parts(record)
            if parts == nil && number == 1 { return nil }
            guard let range = parts?.range(number) else {
                throw S3Error(
                    400, "InvalidPart", "The requested partnumber is not satisfiable",
                    ["PartNumberRequested": text, "ActualPartCount": String(parts?.parts.count ?? 1)])
            }
            return range
        }
        guard let range = request.header("range").flatMap(ByteRange.init) else { return nil }
        guard let resolved = range.resolve(record.size) else {
            var error = S3Error.invalidRange
            error.details = [
                ("RangeRequested", request.header("range") ?? ""), ("ActualObjectSize", String(record.size)),
            ]
            error.headers.add(name: "Content-Range", value: "bytes */\(record.size)")
            throw error
        }
        return resolved
    }

    private func addOverrides(to headers: inout HTTPHeaders) throws(S3Error) {
        for (name, value) in request.query where name.hasPrefix("response-") {
            let header = String(name.dropFirst(9))
            let known = [
                "content-type", "content-language", "expires", "cache-control", "content-disposition",
                "content-encoding",
            ]
            guard known.contains(header) else { continue }
            if user == nil {
                throw .invalidRequest("Request specific response headers cannot be used for anonymous GET requests.")
            }
            headers.replaceOrAdd(name: header, value: value)
        }
    }

    /// The checksum of what is sent: of the object, or of the part that was asked for.
    private func addChecksum(of record: ObjectRecord, isWhole: Bool, to headers: inout HTTPHeaders) {
        let part = request.parameter("partNumber").flatMap { Int($0) }.flatMap { S3Parts(record)?.checksum($0) }
        if !isWhole && part == nil { return }
        for (name, value) in record.fields.all("checksum:") {
            guard let algorithm = ChecksumAlgorithm(rawValue: name) else { continue }
            headers.add(name: algorithm.header, value: part ?? value)
            headers.add(name: "x-amz-checksum-type", value: record.fields["checksum-type"] ?? "FULL_OBJECT")
        }
    }
}
