import Cryptography
import NIOHTTP1
import XML

extension AzureCall {
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
            try call.encryption.check(opens: record)
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
            record.fields["content-md5"] = nil
            record.revision = transaction.draw()
            record.modified = transaction.now
            try transaction.update(record)
            return record
        }
        let record: ObjectRecord
        var received: ReceivedContent?
        if write == "clear" {
            record = try await store.write { try body($0, [Segment(content: 0, offset: 0, length: length)]) }
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

    /// Neighbouring holes as one.
    private static func merged(_ segments: [Segment]) -> [Segment] {
        segments.reduce(into: []) { result, segment in
            if segment.isHole, let last = result.last, last.isHole {
                result[result.count - 1].length += segment.length
            } else if segment.length > 0 {
                result.append(segment)
            }
        }
    }

    static func resize(_ record: inout ObjectRecord, to size: Int64, _ transaction: Transaction) throws {
        let old = record.segments
        var new = old.slice(0..<min(size, record.size))
        if size > record.size { new.append(Segment(content: 0, offset: 0, length: size - record.size)) }
        try transaction.retain(new)
        try transaction.release(old)
        record.segments = merged(new)
        record.size = size
    }

    func getPageRanges() throws -> HTTPReply {
        let (record, previous) = try store.read { snapshot in
            let (record, container) = try find(snapshot)
            let name = request.parameter("prevsnapshot")
            let previous = try name.map { name throws in
                guard let found = try snapshot.snapshot(container.id, blob, named: name) else {
                    throw AzureError(404, "PreviousSnapshotNotFound", "The previous snapshot is not found.")
                }
                return found
            }
            return (record, previous)
        }
        guard record.blobType == "PageBlob" else { throw AzureError.invalidBlobType }
        try BlobConditions(request).check(record, isRead: true)
        let wanted =
            (request.header("x-ms-range") ?? request.header("range")).flatMap(ByteRange.init)?
            .resolve(record.size) ?? 0..<record.size
        let pages = PageMap(record.segments).ranges(differingFrom: previous.map { PageMap($0.segments) }, in: wanted)
        var xml = XMLWriter()
        xml.element("PageList") { xml in
            for (range, isClear) in pages {
                xml.element(isClear ? "ClearRange" : "PageRange") { xml in
                    xml.element("Start", String(range.lowerBound))
                    xml.element("End", String(range.upperBound - 1))
                }
            }
        }
        var reply = Self.document(xml)
        reply.headers.add(name: "ETag", value: "\"\(record.azureETag)\"")
        reply.headers.add(name: "Last-Modified", value: HTTPDate.rfc1123(record.modified))
        reply.headers.add(name: "x-ms-blob-content-length", value: String(record.size))
        return reply
    }
}

/// Which bytes of a page blob were written.
private struct PageMap {
    private var runs: [(range: Range<Int64>, segment: Segment)] = []

    init(_ segments: [Segment]) {
        var start: Int64 = 0
        for segment in segments {
            runs.append((start..<(start + segment.length), segment))
            start += segment.length
        }
    }

    /// Written ranges; or, against an older state, those written since and those cleared since.
    func ranges(differingFrom older: PageMap?, in wanted: Range<Int64>) -> [(Range<Int64>, isClear: Bool)] {
        var result: [(Range<Int64>, isClear: Bool)] = []
        func add(_ range: Range<Int64>, _ isClear: Bool) {
            let range = range.clamped(to: wanted)
            if range.isEmpty { return }
            if let last = result.last, last.isClear == isClear, last.0.upperBound == range.lowerBound {
                result[result.count - 1].0 = last.0.lowerBound..<range.upperBound
            } else {
                result.append((range, isClear))
            }
        }
        for run in runs {
            guard let older else {
                if !run.segment.isHole { add(run.range, false) }
                continue
            }
            for other in older.runs where other.range.overlaps(run.range) {
                let common = run.range.clamped(to: other.range)
                let isSame =
                    run.segment.content == other.segment.content
                    && run.segment.offset - run.range.lowerBound == other.segment.offset - other.range.lowerBound
                if run.segment.isHole ? !other.segment.isHole : !isSame { add(common, run.segment.isHole) }
            }
            let end = older.runs.last?.range.upperBound ?? 0
            if run.range.upperBound > end, !run.segment.isHole {
                add(max(end, run.range.lowerBound)..<run.range.upperBound, false)
            }
        }
        return result
    }
}
