/// What has to be true of what a delete meets
/// (https://docs.aws.amazon.com/AmazonS3/latest/userguide/conditional-deletes.html).
struct DeleteConditions: Sendable {
    /// Tags without quotes; `*` is any.
    var etags: [String]?
    /// Milliseconds since 1970, compared by the second.
    var modified: Int64?
    var size: Int64?

    /// - Throws: `InvalidArgument` for a date or a size that is none.
    init(_ request: HTTPRequest) throws(S3Error) {
        etags = HTTPConditions(request).ifMatch
        modified = try Self.read(
            "x-amz-if-match-last-modified-time", request.header("x-amz-if-match-last-modified-time")
        ) {
            HTTPDate.parseRFC1123($0) ?? HTTPDate.parseISO8601($0)
        }
        size = try Self.read("x-amz-if-match-size", request.header("x-amz-if-match-size")) { Int64($0) }
    }

    /// From an `Object` of a multi-delete.
    init(etag: String?, modified: String?, size: String?) throws(S3Error) {
        etags = etag.map { [$0.filter { $0 != "\"" }] }
        self.modified = try Self.read("LastModifiedTime", modified) {
            HTTPDate.parseRFC1123($0) ?? HTTPDate.parseISO8601($0)
        }
        self.size = try Self.read("Size", size) { Int64($0) }
    }

    private static func read(_ name: String, _ text: String?, _ parse: (String) -> Int64?) throws(S3Error) -> Int64? {
        guard let text else { return nil }
        guard let value = parse(text) else {
            throw .invalidArgument("Invalid value for \(name)", name: name, value: text)
        }
        return value
    }

    var isEmpty: Bool { etags == nil && modified == nil && size == nil }

    /// A delete marker is there, and has no content to be right about.
    func check(_ record: ObjectRecord) throws(S3Error) {
        let isMarker = record.kind == .deleteMarker
        if let etags, !etags.contains(where: { $0 == "*" || !isMarker && $0 == record.etag }) {
            throw .preconditionFailed("If-Match")
        }
        if let modified, modified / 1000 != record.modified / 1000 {
            throw .preconditionFailed("x-amz-if-match-last-modified-time")
        }
        if let size, size != record.size { throw .preconditionFailed("x-amz-if-match-size") }
    }
}
