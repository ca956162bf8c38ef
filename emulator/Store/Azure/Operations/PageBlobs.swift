import Cryptography
import NIOHTTP1

extension AzureCall {
    /// Spreads numbers that follow each other over all there are.
    private static let scatter: Int64 = -0x61C8_8646_80B5_83EB

    /// Writes or clears pages: a run of the blob is replaced by a new content, or by a hole.
    func putPage() async throws -> HTTPReply {
        let text = request.header("x-ms-range") ?? request.header("range") ?? ""
        guard case .between(let first, let last)? = ByteRange(text), first % 512 == 0, (last + 1) % 512 == 0 else {
            throw AzureError(416, "InvalidPageRange", "The page range specified is invalid.")
        }
        let write = request.header("x-ms-page-write")?.lowercased()
        guard write == "update" || write == "clear" else {
            throw AzureError.invalidHeader("x-ms-page-write", write ?? "")
        }
        let tests = try (
            lessOrEqual: numberHeader("x-ms-if-sequence-number-le"), less: numberHeader("x-ms-if-sequence-number-lt"),
            equal: numberHeader("x-ms-if-sequence-number-eq")
        )
        let length = last + 1 - first
        let call = try detached()
        let body: @Sendable (Transaction, [Segment]) throws -> ObjectRecord = { transaction, segments in
            let container = try call.find(transaction)
            var record = try call.current(transaction, in: container)
            if write == "clear" {
                try call.encryption.check(opens: record)
            } else {
                try call.encryption.check(changes: record, in: container)
            }
            guard record.blobType == "PageBlob" else { throw AzureError.invalidBlobType }
            try BlobImmutability(record).allowChange(transaction.now)
            guard last < record.size else {
                throw AzureError(416, "InvalidPageRange", "The page range specified is invalid.")
            }
            let sequence = record.fields["sequence-number"].flatMap { Int64($0) } ?? 0
            if tests.lessOrEqual.map({ sequence > $0 }) ?? false || tests.less.map({ sequence >= $0 }) ?? false
                || tests.equal.map({ sequence != $0 }) ?? false
            {
                throw AzureError(
                    412, "SequenceNumberConditionNotMet", "The sequence number condition specified was not met.")
            }
            try Self.splice(&record, first..<(last + 1), segments, transaction)
            record.revision = transaction.draw()
            record.modified = transaction.now
            try transaction.update(record)
            return record
        }
        let record: ObjectRecord
        var received: ReceivedContent?
        if write == "clear" {
            record = try await store.write { transaction in
                // Its offset tells it from every other hole: a comparison with a snapshot sees that it was cleared.
                let mark = (transaction.draw() &* Self.scatter) & (1 << 62 - 1)
                return try body(transaction, [Segment(content: 0, offset: mark, length: length)])
            }
        } else {
            let content =
                request.headers.contains(name: "x-ms-copy-source")
                ? try await receivePartFromSource() : try await receive(limit: 4 << 20, withCRC: true)
            guard content.size == length else {
                store.discard(content.content)
                throw AzureError.invalidHeader("Content-Length", String(content.size))
            }
            received = content
            record = try await store.write(adopting: content.content) { try body($0, content.segments) }
        }
        var reply = written(record)
        received?.show(in: &reply.headers)
        reply.headers.add(name: "x-ms-blob-sequence-number", value: record.fields["sequence-number"] ?? "0")
        return reply
    }

    /// Replaces a run of a blob. A content that is cut in two keeps a reference for each piece that is left of it.
    private static func splice(
        _ record: inout ObjectRecord, _ range: Range<Int64>, _ segments: [Segment], _ transaction: Transaction
    ) throws {
        let old = record.segments
        let new = old.slice(0..<range.lowerBound) + segments + old.slice(range.upperBound..<record.size)
        try transaction.retain(new.filter { segment in !segments.contains { $0.content == segment.content } })
        try transaction.release(old)
        record.segments = merged(new)
    }

    /// Neighbouring parts of one hole as one.
    private static func merged(_ segments: [Segment]) -> [Segment] {
        segments.reduce(into: []) { result, segment in
            if segment.isHole, let last = result.last, last.isHole, last.offset + last.length == segment.offset {
                result[result.count - 1].length += segment.length
            } else if segment.length > 0 {
                result.append(segment)
            }
        }
    }

    static func resize(_ record: inout ObjectRecord, to size: Int64, _ transaction: Transaction) throws {
        let old = record.segments
        var new = old.slice(0..<min(size, record.size))
        if size > record.size { new.append(Segment(content: 0, offset: record.size, length: size - record.size)) }
        try transaction.retain(new)
        try transaction.release(old)
        record.segments = merged(new)
        record.size = size
    }
}
