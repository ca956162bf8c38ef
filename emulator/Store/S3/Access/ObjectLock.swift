import NIOHTTP1
import XML

/// What keeps a version from being deleted: a retention period, a legal hold
/// (https://docs.aws.amazon.com/AmazonS3/latest/userguide/object-lock.html).
struct ObjectLock {
    /// `GOVERNANCE` or `COMPLIANCE`.
    let mode: String?
    /// Milliseconds since 1970.
    let until: Int64
    let isHeld: Bool

    init(_ fields: FieldList) {
        mode = fields["lock-mode"]
        until = fields["lock-until"].flatMap { Int64($0) } ?? 0
        isHeld = fields["legal-hold"] == "ON"
    }

    func isRetained(_ now: Int64) -> Bool { mode != nil && now < until }

    func allowDelete(bypass: Bool, _ now: Int64) throws(S3Error) {
        let isGoverned = mode == "GOVERNANCE" && bypass
        if isHeld || isRetained(now) && !isGoverned {
            throw S3Error(403, "AccessDenied", "Access Denied because object protected by object lock.")
        }
    }

    static func show(_ record: ObjectRecord, in headers: inout HTTPHeaders) {
        let lock = ObjectLock(record.fields)
        if let mode = lock.mode {
            headers.add(name: "x-amz-object-lock-mode", value: mode)
            headers.add(name: "x-amz-object-lock-retain-until-date", value: HTTPDate.iso8601(lock.until))
        }
        if let hold = record.fields["legal-hold"] { headers.add(name: "x-amz-object-lock-legal-hold", value: hold) }
    }

    /// The bucket's default retention, for an object that brings none.
    static func addDefault(of bucket: BucketRecord, to fields: inout FieldList, now: Int64) {
        guard fields["lock-mode"] == nil, let text = bucket.fields["doc:object-lock"],
            let rule = try? XMLElement(parsing: text.utf8).first("Rule")?.first("DefaultRetention"),
            let mode = rule["Mode"]
        else { return }
        let days = rule["Days"].flatMap { Int64($0) } ?? rule["Years"].flatMap { Int64($0) }.map { $0 * 365 } ?? 0
        fields["lock-mode"] = mode
        fields["lock-until"] = String(now + days * 86_400_000)
    }
}
