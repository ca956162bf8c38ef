/// The conditions of a blob operation
/// (https://learn.microsoft.com/rest/api/storageservices/specifying-conditional-headers-for-blob-service-operations).
struct BlobConditions: Sendable {
    private let ifMatch: String?
    private let ifNoneMatch: String?
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
        ifMatch = request.header(prefix + "if-match").map { $0.filter { $0 != "\"" } }
        ifNoneMatch = request.header(prefix + "if-none-match").map { $0.filter { $0 != "\"" } }
        ifModifiedSince = try date("if-modified-since")
        ifUnmodifiedSince = try date("if-unmodified-since")
        let tagHeader = prefix.isEmpty ? "x-ms-if-tags" : prefix + "if-tags"
        ifTags = try request.header(tagHeader).map { text throws(AzureError) in
            guard let expression = TagExpression(text) else { throw .invalidHeader(tagHeader, text) }
            return expression
        }
    }

    /// Checks them against a blob that exists.
    func check(etag: String, modified: Int64, isRead: Bool) throws(AzureError) {
        let notModified = AzureError(
            304, "ConditionNotMet", "The condition specified using HTTP conditional header(s) is not met.")
        let modified = modified / 1000 * 1000
        if let ifMatch, ifMatch != "*", ifMatch != etag { throw .conditionNotMet }
        if let ifUnmodifiedSince, modified > ifUnmodifiedSince { throw .conditionNotMet }
        if let ifNoneMatch {
            if ifNoneMatch == "*" || ifNoneMatch == etag { throw isRead ? notModified : .conditionNotMet }
        } else if let ifModifiedSince, modified <= ifModifiedSince {
            throw isRead ? notModified : .conditionNotMet
        }
    }

    func check(_ record: ObjectRecord, isRead: Bool) throws(AzureError) {
        if let ifTags, !ifTags.holds(record, container: "") { throw .conditionNotMet }
        try check(etag: record.azureETag, modified: record.modified, isRead: isRead)
    }

    /// Checks them where a blob is to be made or replaced.
    func checkWrite(_ current: ObjectRecord?) throws(AzureError) {
        guard let current else {
            if ifMatch != nil || ifTags != nil { throw .conditionNotMet }
            return
        }
        if ifNoneMatch == "*" { throw .blobAlreadyExists }
        try check(current, isRead: false)
    }
}
