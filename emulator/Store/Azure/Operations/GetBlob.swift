import Cryptography
import NIOCore
import NIOHTTP1

extension AzureCall {
    /// The longest range whose checksum is told.
    private static let largestChecked = 4 << 20

    /// What a read found: a blob, and the part of it that was asked for.
    struct FoundBlob {
        let record: ObjectRecord
        /// Nil: all of it.
        let range: Range<Int64>?
        let isCurrent: Bool
        let segments: [Segment]

        var byteCount: Int64 { segments.byteCount }
    }

    func getBlob() async throws -> HTTPReply {
        let (found, reader) = try openBlob(request.header("x-ms-range") ?? request.header("range"))
        let record = found.record
        var headers = HTTPHeaders()
        addProperties(of: record, isCurrent: found.isCurrent, to: &headers)
        if let range = found.range {
            headers.add(
                name: "Content-Range", value: "bytes \(range.lowerBound)-\(range.upperBound - 1)/\(record.size)")
        }
        if let md5 = record.fields["content-md5"] {
            headers.add(name: "x-ms-blob-content-md5", value: md5)
            if found.range == nil { headers.add(name: "Content-MD5", value: md5) }
        }
        let status = found.range == nil ? 200 : 206
        if let body = try await checkedRange(found, reader, &headers) {
            addOverrides(to: &headers)
            return HTTPReply(status, headers, body: .bytes(body))
        }
        if let text = request.header("x-ms-structured-body") {
            guard Self.isStructuredMessage(text) else { throw AzureError.invalidHeader("x-ms-structured-body", text) }
            let encoder = StructuredMessageEncoder(size: found.byteCount)
            headers.add(name: "x-ms-structured-body", value: text)
            headers.add(name: "x-ms-structured-content-length", value: String(found.byteCount))
            headers.add(name: "Content-Length", value: String(encoder.messageSize))
            addOverrides(to: &headers)
            return HTTPReply(status, headers, body: .stream { try await Self.send(reader, encoder, $0) })
        }
        addOverrides(to: &headers)
        guard record.fields[CustomerKey.field] != nil else {
            return HTTPReply(status, headers, body: .contents(reader.plain))
        }
        headers.add(name: "Content-Length", value: String(found.byteCount))
        return HTTPReply(status, headers, body: .stream { try await reader.forEachBuffer($0.write) })
    }

    /// Looks up the blob that a read is about, and opens it.
    ///
    /// - Parameter rangeText: a `Range` header.
    func openBlob(_ rangeText: String?) throws -> (FoundBlob, SealedReader) {
        let conditions = try BlobConditions(request)
        let (found, reader) = try store.open { snapshot in
            let record = try find(snapshot).0
            try conditions.check(record, isRead: true)
            try Lease(record.fields).allowRead(leaseID, .blob)
            try encryption.check(opens: record)
            if BlobTier(record.fields).isArchived {
                throw AzureError(409, "BlobArchived", "This operation is not permitted on an archived blob.")
            }
            var range: Range<Int64>?
            if let wanted = rangeText.flatMap(ByteRange.init) {
                range = wanted.resolve(record.size)
                if range == nil {
                    var error = AzureError.invalidRange
                    error.headers.add(name: "Content-Range", value: "bytes */\(record.size)")
                    throw error
                }
            }
            let segments = range.map { record.segments.slice($0) } ?? record.segments
            let found = FoundBlob(
                record: record, range: range, isCurrent: try isCurrentVersion(record, snapshot), segments: segments)
            return (found, SealedReader.stored(segments, encryption.key))
        }
        return (found, SealedReader(reader, found.segments, encryption.key))
    }

    /// The bytes of a range whose checksum is asked for, with that in the headers.
    private func checkedRange(
        _ found: FoundBlob, _ reader: SealedReader, _ headers: inout HTTPHeaders
    ) async throws -> ByteBuffer? {
        func wants(_ name: String) throws(AzureError) -> Bool {
            guard let text = request.header(name)?.lowercased(), text == "true" else { return false }
            guard found.range != nil, found.byteCount <= Self.largestChecked else {
                throw .invalidHeader(name, text)
            }
            return true
        }
        let (md5, crc) = (try wants("x-ms-range-get-content-md5"), try wants("x-ms-range-get-content-crc64"))
        guard md5 || crc else { return nil }
        if md5 && crc { throw AzureError.bothChecksums }
        var bytes = ByteBuffer()
        try await reader.forEachBuffer { bytes.writeImmutableBuffer($0) }
        if md5 { headers.add(name: "Content-MD5", value: Base64.encode(MD5.hash(bytes.readableBytesView))) }
        if crc {
            var checksum = CRC(.crc64nvme)
            bytes.withUnsafeReadableBytes { checksum.update($0) }
            headers.add(name: "x-ms-content-crc64", value: Base64.encode(checksum.littleEndianBytes))
        }
        return bytes
    }

    private static func send(
        _ reader: SealedReader, _ given: StructuredMessageEncoder, _ writer: HTTPReplyWriter
    ) async throws {
        var encoder = given
        try await writer.write(encoder.begin())
        try await reader.forEachBuffer { try await writer.write(encoder.encode($0)) }
        try await writer.write(encoder.end())
    }

    /// Whether a record with a version is the one that a read without a version finds.
    private func isCurrentVersion(_ record: ObjectRecord, _ reading: some StoreReading) throws -> Bool {
        guard record.versionName != nil, record.kind == .object else { return false }
        return try reading.object(record.bucket, record.key)?.version == record.version
    }

    private func addProperties(of record: ObjectRecord, isCurrent: Bool, to headers: inout HTTPHeaders) {
        BlobProperties.add(record, to: &headers)
        if isCurrent { headers.add(name: "x-ms-is-current-version", value: "true") }
        addLease(record.fields, to: &headers)
        copies.show(record, in: &headers)
    }

    /// What the signature says the answer's headers are.
    private func addOverrides(to headers: inout HTTPHeaders) {
        for (name, value) in grant.overrides { headers.replaceOrAdd(name: name, value: value) }
    }

    func getBlobProperties() throws -> HTTPReply {
        let conditions = try BlobConditions(request)
        let (record, isCurrent) = try store.read { snapshot in
            let record = try find(snapshot).0
            return (record, try isCurrentVersion(record, snapshot))
        }
        try conditions.check(record, isRead: true)
        try Lease(record.fields).allowRead(leaseID, .blob)
        try encryption.check(opens: record)
        var headers = HTTPHeaders()
        addProperties(of: record, isCurrent: isCurrent, to: &headers)
        BlobTier.show(record, in: &headers)
        if let md5 = record.fields["content-md5"] { headers.add(name: "Content-MD5", value: md5) }
        addOverrides(to: &headers)
        if request.method == "HEAD" { headers.add(name: "Content-Length", value: String(record.size)) }
        return HTTPReply(200, headers)
    }
}
