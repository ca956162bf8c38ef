import NIOHTTP1
import XML

extension AzureCall {
    private static let pageLimit = 10_000

    /// Get Page Ranges, and its form that compares with an earlier snapshot.
    func getPageRanges() throws -> HTTPReply {
        let limit = min(try number("maxresults", in: 1...Int(Int32.max)) ?? Self.pageLimit, Self.pageLimit)
        let marker = request.parameter("marker") ?? ""
        guard let start = marker.isEmpty ? 0 : Int64(marker), start >= 0 else {
            throw AzureError.invalidQuery("marker", marker)
        }
        let (record, previous) = try store.read { snapshot in
            let (record, container) = try find(snapshot)
            return (record, try previousSnapshot(snapshot, container))
        }
        try BlobConditions(request).check(record, isRead: true)
        try Lease(record.fields).allowRead(leaseID, .blob)
        guard record.blobType == "PageBlob" else { throw AzureError.invalidBlobType }
        var wanted = 0..<record.size
        if let range = (request.header("x-ms-range") ?? request.header("range")).flatMap(ByteRange.init) {
            guard let resolved = range.resolve(record.size) else { throw AzureError.invalidRange }
            wanted = resolved
        }
        wanted = max(wanted.lowerBound, min(start, wanted.upperBound))..<wanted.upperBound
        let pages = PageMap(record.segments).ranges(differingFrom: previous.map { PageMap($0.segments) }, in: wanted)
        var xml = XMLWriter()
        xml.element("PageList") { xml in
            for (range, isClear) in pages.prefix(limit) {
                xml.element(isClear ? "ClearRange" : "PageRange") { xml in
                    xml.element("Start", String(range.lowerBound))
                    xml.element("End", String(range.upperBound - 1))
                }
            }
            xml.element("NextMarker", pages.count > limit ? String(pages[limit].0.lowerBound) : "")
        }
        var reply = Self.document(xml)
        reply.headers.add(name: "ETag", value: "\"\(record.azureETag)\"")
        reply.headers.add(name: "Last-Modified", value: HTTPDate.rfc1123(record.modified))
        reply.headers.add(name: "x-ms-blob-content-length", value: String(record.size))
        return reply
    }

    /// The snapshot to compare with: named in the query, or by its address in a header; nil where none is.
    private func previousSnapshot(_ snapshot: Snapshot, _ container: BucketRecord) throws -> ObjectRecord? {
        var name = request.parameter("prevsnapshot")
        if let address = request.header("x-ms-previous-snapshot-url") {
            let query = address.split(separator: "?", maxSplits: 1).dropFirst().first ?? ""
            let field = query.split(separator: "&").first { $0.hasPrefix("snapshot=") }
            name = field.map { PercentEncoding.decode($0.dropFirst(9)) }
        }
        guard let name else { return nil }
        if case .snapshot(let target) = try edition(), target.precedes(name) {
            throw AzureError(
                409, "PreviousSnapshotCannotBeNewer",
                "The prevsnapshot query parameter value cannot be newer than snapshot query parameter value.")
        }
        guard let found = try snapshot.snapshot(container.id, blob, named: name) else {
            throw AzureError(409, "PreviousSnapshotNotFound", "The previous snapshot is not found.")
        }
        return found
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
                if !isSame { add(common, run.segment.isHole) }
            }
            let end = older.runs.last?.range.upperBound ?? 0
            if run.range.upperBound > end, !run.segment.isHole {
                add(max(end, run.range.lowerBound)..<run.range.upperBound, false)
            }
        }
        return result
    }
}
