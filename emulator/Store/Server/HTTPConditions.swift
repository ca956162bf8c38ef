/// The conditions of a request: entity tags and dates (RFC 9110, section 13).
struct HTTPConditions {
    enum Outcome: Equatable {
        case holds
        /// For reads: 304.
        case notModified
        /// 412; names the header.
        case failed(String)
    }

    var ifMatch: [String]?
    var ifNoneMatch: [String]?
    /// Milliseconds since 1970.
    var ifModifiedSince: Int64?
    var ifUnmodifiedSince: Int64?

    /// - Parameter prefix: `x-amz-copy-source-` for the conditions on a copy's source.
    init(_ request: HTTPRequest, prefix: String = "") {
        ifMatch = request.header(prefix + "if-match").map(Self.tags)
        ifNoneMatch = request.header(prefix + "if-none-match").map(Self.tags)
        ifModifiedSince = request.header(prefix + "if-modified-since").flatMap(HTTPDate.parseRFC1123)
        ifUnmodifiedSince = request.header(prefix + "if-unmodified-since").flatMap(HTTPDate.parseRFC1123)
    }

    var isEmpty: Bool {
        ifMatch == nil && ifNoneMatch == nil && ifModifiedSince == nil && ifUnmodifiedSince == nil
    }

    /// Tags without quotes and without the mark of weak ones.
    private static func tags(_ text: String) -> [String] {
        text.split(separator: ",").map { tag in
            var tag = String(tag).trimmingSpaces[...]
            if tag.hasPrefix("W/") { tag = tag.dropFirst(2) }
            if tag.count >= 2, tag.first == "\"", tag.last == "\"" { tag = tag.dropFirst().dropLast() }
            return String(tag)
        }
    }

    /// How they stand against something that exists.
    /// - Parameters:
    ///   - etag: without quotes.
    ///   - modified: milliseconds since 1970; compared by the second, as headers carry no more.
    func evaluate(etag: String, modified: Int64) -> Outcome {
        let modified = modified / 1000 * 1000
        if let ifMatch {
            if !ifMatch.contains(where: { $0 == "*" || $0 == etag }) { return .failed("If-Match") }
        } else if let ifUnmodifiedSince, modified > ifUnmodifiedSince {
            return .failed("If-Unmodified-Since")
        }
        if let ifNoneMatch {
            if ifNoneMatch.contains(where: { $0 == "*" || $0 == etag }) { return .notModified }
        } else if let ifModifiedSince, modified <= ifModifiedSince {
            return .notModified
        }
        return .holds
    }
}
