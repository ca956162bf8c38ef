import XML

/// One rule of a bucket's lifecycle
/// (https://docs.aws.amazon.com/AmazonS3/latest/userguide/intro-lifecycle-rules.html). It computes; nothing is read or
/// changed here. Transitions between storage classes have no meaning on one disk and are kept without effect.
struct LifecycleRule: Sendable {
    private static let day: Int64 = 86_400_000

    var id = ""
    var isEnabled = true
    // MARK: Which objects
    var prefix = ""
    var tags: [(name: String, value: String)] = []
    /// Only objects of more than this many bytes.
    var sizeGreaterThan: Int64?
    /// Only objects of fewer than this many bytes.
    var sizeLessThan: Int64?
    // MARK: What happens to them
    /// Days after its creation when the current object goes.
    var days: Int64?
    /// Milliseconds since 1970 from when on current objects go.
    var date: Int64?
    /// Whether a delete marker goes that hides nothing any more.
    var expiresDeleteMarkers = false
    /// Days after it was overwritten or deleted when a version goes.
    var noncurrentDays: Int64?
    /// How many of the newest noncurrent versions stay nevertheless.
    var keptNoncurrent = 0
    /// Days after its beginning when an upload that was not completed goes.
    var abortDays: Int64?

    init() {}

    init(_ rule: XMLElement) {
        id = rule["ID"] ?? ""
        isEnabled = rule["Status"] == "Enabled"
        let filter = rule.first("Filter")?.first("And") ?? rule.first("Filter")
        prefix = filter?["Prefix"] ?? rule["Prefix"] ?? ""
        tags = (filter?.all("Tag") ?? []).map { ($0["Key"] ?? "", $0["Value"] ?? "") }
        sizeGreaterThan = filter?["ObjectSizeGreaterThan"].flatMap { Int64($0) }
        sizeLessThan = filter?["ObjectSizeLessThan"].flatMap { Int64($0) }
        let expiration = rule.first("Expiration")
        days = expiration?["Days"].flatMap { Int64($0) }
        date = expiration?["Date"].flatMap(HTTPDate.parseISO8601)
        expiresDeleteMarkers = expiration?["ExpiredObjectDeleteMarker"] == "true"
        let noncurrent = rule.first("NoncurrentVersionExpiration")
        noncurrentDays = noncurrent?["NoncurrentDays"].flatMap { Int64($0) }
        keptNoncurrent = noncurrent?["NewerNoncurrentVersions"].flatMap { Int($0) } ?? 0
        abortDays = rule.first("AbortIncompleteMultipartUpload")?["DaysAfterInitiation"].flatMap { Int64($0) }
    }

    /// The rules of a bucket that are switched on.
    static func all(of bucket: BucketRecord) throws -> [LifecycleRule] {
        guard let text = bucket.fields["doc:" + S3BucketSetting.lifecycle.rawValue] else { return [] }
        return try XMLElement(parsing: text.utf8).all("Rule").map(LifecycleRule.init).filter(\.isEnabled)
    }

    /// `days` after `start`, and on to the next midnight UTC: all that AWS promises is whole days.
    static func due(_ days: Int64, after start: Int64) -> Int64 {
        (start + days * day + day - 1) / day * day
    }

    // MARK: Objects

    /// What `rules` want done at `now` with a key.
    ///
    /// - Parameter versions: everything there is of the key, delete markers included, the newest first.
    static func actions(
        _ rules: [LifecycleRule], on versions: [ObjectRecord], now: Int64
    ) -> [LifecycleAction] {
        guard let newest = versions.first else { return [] }
        var actions: [LifecycleAction] = []
        if newest.kind == .deleteMarker {
            if versions.count == 1, rules.contains(where: { $0.expires(marker: newest, now) }) {
                actions.append(.remove(version: newest.versionName))
            }
        } else if rules.contains(where: { $0.expires(newest, now) }) {
            actions.append(.expire)
        }
        for (index, (successor, version)) in zip(versions, versions.dropFirst()).enumerated() {
            let isDue = rules.contains { rule in
                guard let days = rule.noncurrentDays, index >= rule.keptNoncurrent, rule.matches(version) else {
                    return false
                }
                return due(days, after: successor.modified) <= now
            }
            let lock = ObjectLock(version.fields)
            if isDue && !lock.isHeld && !lock.isRetained(now) { actions.append(.remove(version: version.versionName)) }
        }
        return actions
    }

    private func expires(_ record: ObjectRecord, _ now: Int64) -> Bool {
        guard let expiry = expiry(of: record) else { return false }
        return expiry <= now
    }

    /// When the current object goes, in milliseconds since 1970; nil where this rule leaves it.
    func expiry(of record: ObjectRecord) -> Int64? {
        guard matches(record) else { return nil }
        return days.map { Self.due($0, after: record.modified) } ?? date
    }

    /// When the bucket's rules remove a current object, and by which rule; nil where they leave it.
    static func expiry(of record: ObjectRecord, in bucket: BucketRecord) throws -> (moment: Int64, rule: String)? {
        try all(of: bucket).compactMap { rule in rule.expiry(of: record).map { ($0, rule.id) } }
            .min { $0.0 < $1.0 }
    }

    /// A marker has neither tags nor a size: a rule that asks for them does not mean it.
    private func expires(marker: ObjectRecord, _ now: Int64) -> Bool {
        guard matches(marker), sizeLessThan == nil else { return false }
        return expiresDeleteMarkers || expires(marker, now)
    }

    private func matches(_ record: ObjectRecord) -> Bool {
        guard record.key.utf8.starts(with: prefix.utf8) else { return false }
        if let sizeGreaterThan, record.size <= sizeGreaterThan { return false }
        if let sizeLessThan, record.size >= sizeLessThan { return false }
        return tags.allSatisfy { record.fields["tag:" + $0.name] == $0.value }
    }

    // MARK: Uploads

    /// Whether an upload was begun too long ago.
    func aborts(_ upload: UploadRecord, now: Int64) -> Bool {
        guard let abortDays, tags.isEmpty, upload.key.utf8.starts(with: prefix.utf8) else { return false }
        return Self.due(abortDays, after: upload.created) <= now
    }
}
