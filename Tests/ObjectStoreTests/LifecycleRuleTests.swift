import Testing
import XML

@testable import ObjectStore

/// The rules alone: no store, no clock.
@Suite struct LifecycleRuleTests {
    static let day: Int64 = 86_400_000
    /// 2026-11-20 10:30 UTC.
    static let now = HTTPDate.parseISO8601("2026-11-20T10:30:00Z")!

    static func record(
        _ key: String = "logs/a", age: Int64 = 0, size: Int64 = 10, name: String? = nil,
        kind: ObjectRecord.Kind = .object, fields: [String: String] = [:]
    ) -> ObjectRecord {
        var list = FieldList()
        for (name, value) in fields { list[name] = value }
        return ObjectRecord(
            bucket: 1, key: key, version: 1, versionName: name, kind: kind, size: size, etag: "e",
            modified: now - age * day, revision: 1, segments: [], fields: list)
    }

    static func rule(_ xml: String) throws -> LifecycleRule {
        LifecycleRule(try XMLElement(parsing: "<Rule><Status>Enabled</Status>\(xml)</Rule>".utf8))
    }

    /// The user guide's example: created on 15 January at 10:30, three days, gone on 19 January at 00:00.
    @Test func `counts whole days and goes on to the next midnight`() {
        let created = HTTPDate.parseISO8601("2014-01-15T10:30:00Z")!
        #expect(LifecycleRule.due(3, after: created) == HTTPDate.parseISO8601("2014-01-19T00:00:00Z"))
        let midnight = HTTPDate.parseISO8601("2014-01-15T00:00:00Z")!
        #expect(LifecycleRule.due(3, after: midnight) == HTTPDate.parseISO8601("2014-01-18T00:00:00Z"))
    }

    @Test(arguments: [
        ("<Filter/><Expiration><Days>3</Days></Expiration>", true),
        ("<Filter/><Expiration><Days>4</Days></Expiration>", false),
        ("<Expiration><Date>2026-11-20T00:00:00Z</Date></Expiration>", true),
        ("<Expiration><Date>2026-11-21T00:00:00Z</Date></Expiration>", false),
        ("<Prefix>logs/</Prefix><Expiration><Days>1</Days></Expiration>", true),
        ("<Prefix>tmp/</Prefix><Expiration><Days>1</Days></Expiration>", false),
        ("<Filter><Prefix>logs/</Prefix></Filter><Expiration><Days>1</Days></Expiration>", true),
        ("<Filter><Prefix>Logs/</Prefix></Filter><Expiration><Days>1</Days></Expiration>", false),
        ("<Filter><Tag><Key>k</Key><Value>v</Value></Tag></Filter><Expiration><Days>1</Days></Expiration>", true),
        ("<Filter><Tag><Key>k</Key><Value>w</Value></Tag></Filter><Expiration><Days>1</Days></Expiration>", false),
        (
            "<Filter><And><Prefix>logs/</Prefix><Tag><Key>k</Key><Value>v</Value></Tag>"
                + "<Tag><Key>l</Key><Value>w</Value></Tag></And></Filter><Expiration><Days>1</Days></Expiration>", false
        ),
        (
            "<Filter><ObjectSizeGreaterThan>9</ObjectSizeGreaterThan></Filter><Expiration><Days>1</Days></Expiration>",
            true
        ),
        (
            "<Filter><ObjectSizeGreaterThan>10</ObjectSizeGreaterThan></Filter><Expiration><Days>1</Days></Expiration>",
            false
        ),
        ("<Filter><ObjectSizeLessThan>11</ObjectSizeLessThan></Filter><Expiration><Days>1</Days></Expiration>", true),
        ("<Filter><ObjectSizeLessThan>10</ObjectSizeLessThan></Filter><Expiration><Days>1</Days></Expiration>", false),
        ("<NoncurrentVersionExpiration><NoncurrentDays>1</NoncurrentDays></NoncurrentVersionExpiration>", false),
    ])
    func `expires the current object`(rule: String, expires: Bool) throws {
        // Written four days ago at 10:30.
        let object = Self.record(age: 4, fields: ["tag:k": "v"])
        let actions = LifecycleRule.actions([try Self.rule(rule)], on: [object], now: Self.now)
        #expect(actions == (expires ? [.expire] : []))
    }

    @Test(arguments: [
        // Overwritten six, four and two days ago at 10:30.
        (days: 1, kept: 0, removed: ["v3", "v2", "v1"]), (days: 2, kept: 0, removed: ["v2", "v1"]),
        (days: 5, kept: 0, removed: ["v1"]), (days: 6, kept: 0, removed: []),
        (days: 1, kept: 1, removed: ["v2", "v1"]), (days: 1, kept: 3, removed: []),
    ])
    func `removes versions by the time they were overwritten`(days: Int64, kept: Int, removed: [String]) {
        var rule = LifecycleRule()
        (rule.noncurrentDays, rule.keptNoncurrent) = (days, kept)
        let versions = [(2, "v4"), (4, "v3"), (6, "v2"), (9, "v1")].map { Self.record(age: $0.0, name: $0.1) }
        let actions = LifecycleRule.actions([rule], on: versions, now: Self.now)
        #expect(actions == removed.map { .remove(version: $0) })
    }

    @Test(arguments: [["legal-hold": "ON"], ["lock-mode": "GOVERNANCE", "lock-until": String(now + 1)]])
    func `leaves a locked version`(lock: [String: String]) {
        var rule = LifecycleRule()
        rule.noncurrentDays = 1
        let versions = [Self.record(age: 5, name: "v2"), Self.record(age: 9, name: "v1", fields: lock)]
        #expect(LifecycleRule.actions([rule], on: versions, now: Self.now).isEmpty)
    }

    @Test(arguments: [
        ("<Expiration><ExpiredObjectDeleteMarker>true</ExpiredObjectDeleteMarker></Expiration>", true),
        ("<Expiration><ExpiredObjectDeleteMarker>false</ExpiredObjectDeleteMarker></Expiration>", false),
        ("<Expiration><Days>1</Days></Expiration>", true), ("<Expiration><Days>9</Days></Expiration>", false),
    ])
    func `removes a delete marker that hides nothing`(rule: String, removes: Bool) throws {
        let rules = [try Self.rule(rule)]
        let marker = Self.record(age: 5, size: 0, name: "m", kind: .deleteMarker)
        let alone = LifecycleRule.actions(rules, on: [marker], now: Self.now)
        #expect(alone == (removes ? [.remove(version: "m")] : []))
        let hiding = LifecycleRule.actions(rules, on: [marker, Self.record(age: 6, name: "v")], now: Self.now)
        #expect(hiding.isEmpty)
    }

    @Test(arguments: [
        ("", "logs/a", 4, true), ("", "logs/a", 3, false), ("<Prefix>tmp/</Prefix>", "logs/a", 9, false),
        ("<Filter><Prefix>logs/</Prefix></Filter>", "logs/a", 9, true),
    ])
    func `aborts old uploads`(filter: String, key: String, age: Int64, aborts: Bool) throws {
        let abort = "<AbortIncompleteMultipartUpload><DaysAfterInitiation>3</DaysAfterInitiation>"
        let rule = try Self.rule(filter + abort + "</AbortIncompleteMultipartUpload>")
        let created = Self.now - age * Self.day
        let upload = UploadRecord(id: "u", bucket: 1, key: key, created: created, fields: FieldList())
        #expect(rule.aborts(upload, now: Self.now) == aborts)
    }
}
