/// The conditions of a blob operation
/// (https://learn.microsoft.com/rest/api/storageservices/specifying-conditional-headers-for-blob-service-operations).
struct BlobConditions: Sendable {
    private let ifMatch: [String]?
    private let ifNoneMatch: [String]?
    private let ifModifiedSince: Int64?
    private let ifUnmodifiedSince: Int64?
    private let ifTags: TagExpression?

    /// - Parameter prefix: `x-ms-source-` for the conditions on a copy's source.
    init(_ request: HTTPRequest, prefix: String = "") throws(AzureError) {
        func date(_ name: String) throws(AzureError) -> Int64? {
            guard let text = request.header(prefix + name) else { return nil }
            guard let moment = HTTPDate.parseRFC1123(text) else { throw .invalidHeader(prefix + name, text) }
            return moment
        }
        func tags(_ name: String) -> [String]? {
            request.header(prefix + name).map { text in
                text.split(separator: ",").map { $0.filter { $0 != "\"" && $0 != " " } }
            }
        }
        ifMatch = tags("if-match")
        ifNoneMatch = tags("if-none-match")
        ifModifiedSince = try date("if-modified-since")
        ifUnmodifiedSince = try date("if-unmodified-since")
        let tagHeader = prefix.isEmpty ? "x-ms-if-tags" : prefix + "if-tags"
        ifTags = try request.header(tagHeader).map { text throws(AzureError) in
            do { return try TagExpression(text, for: .condition) } catch { throw .invalidHeader(tagHeader, text) }
        }
    }

    /// Checks them against something that exists.
    func check(etag: String, modified: Int64, isRead: Bool) throws(AzureError) {
        let modified = modified / 1000 * 1000
        if isRead {
            try checkRead(etag, modified)
        } else {
            try checkCombination()
            if let ifMatch {
                if !Self.names(ifMatch, etag) { throw .conditionNotMet }
            } else if let ifUnmodifiedSince, modified > ifUnmodifiedSince {
                throw .conditionNotMet
            }
            if let ifNoneMatch {
                if ifNoneMatch.contains(etag) { throw .conditionNotMet }
            } else if let ifModifiedSince, modified <= ifModifiedSince {
                throw .conditionNotMet
            }
        }
    }

    private func checkRead(_ etag: String, _ modified: Int64) throws(AzureError) {
        let notModified = AzureError(304, "ConditionNotMet", AzureError.conditionNotMet.message)
        if let ifNoneMatch, ifNoneMatch.contains("*") {
            throw AzureError(
                400, "UnsatisfiableCondition",
                "The request includes an unsatisfiable condition for this operation.")
        }
        if let ifMatch, !Self.names(ifMatch, etag) { throw .conditionNotMet }
        if let ifUnmodifiedSince, modified > ifUnmodifiedSince { throw .conditionNotMet }
        if let ifNoneMatch {
            if ifNoneMatch.contains(etag) { throw notModified }
        } else if let ifModifiedSince, modified <= ifModifiedSince {
            throw notModified
        }
    }

    /// A write has one condition, or a tag and a date that mean the same.
    private func checkCombination() throws(AzureError) {
        let isMixed =
            ifMatch != nil && (ifNoneMatch != nil || ifModifiedSince != nil)
            || ifUnmodifiedSince != nil && (ifNoneMatch != nil || ifModifiedSince != nil)
        if isMixed || (ifMatch?.count ?? 1) > 1 || (ifNoneMatch?.count ?? 1) > 1 {
            throw AzureError(
                400, "MultipleConditionHeadersNotSupported", "Multiple condition headers are not supported.")
        }
    }

    private static func names(_ tags: [String], _ etag: String) -> Bool { tags.contains { $0 == "*" || $0 == etag } }

    func check(_ record: ObjectRecord, isRead: Bool) throws(AzureError) {
        if let ifTags, !ifTags.holds(record, container: "") { throw .conditionNotMet }
        try check(etag: record.azureETag, modified: record.modified, isRead: isRead)
    }

    /// Checks them where a blob is to be made or replaced.
    func checkWrite(_ current: ObjectRecord?) throws(AzureError) {
        guard let current else {
            try checkCombination()
            if ifMatch != nil || ifTags != nil { throw .conditionNotMet }
            return
        }
        if ifNoneMatch == ["*"] { throw .blobAlreadyExists }
        try check(current, isRead: false)
    }
}
