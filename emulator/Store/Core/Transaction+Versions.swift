import Cryptography

/// How a bucket keeps what is overwritten or deleted.
enum Versioning: String, Sendable {
    case off = ""
    case enabled = "Enabled"
    case suspended = "Suspended"
}

extension BucketRecord {
    var versioning: Versioning { Versioning(rawValue: fields["versioning"] ?? "") ?? .off }
}

/// What a delete did.
struct DeleteOutcome: Sendable {
    /// The version that is gone for good.
    var removed: ObjectRecord?
    /// The marker that now hides the key.
    var marker: ObjectRecord?
}

extension Transaction {
    /// Makes `record` the current object as the bucket's versioning wants it. The record with its version.
    func store(_ record: ObjectRecord, in bucket: BucketRecord) throws -> ObjectRecord {
        var record = record
        record.version = draw()
        record.revision = record.version
        let current = try object(bucket.id, record.key)
        switch bucket.versioning(of: record.key) {
        case .off:
            record.versionName = nil
            try put(record, replacing: current, keepingOld: current?.versionName != nil)
        case .enabled:
            record.versionName = versionName(record.version)
            try put(record, replacing: current, keepingOld: true)
        case .suspended:
            record.versionName = nil
            try removeNullVersionAside(bucket.id, record.key)
            try put(record, replacing: current, keepingOld: current?.versionName != nil)
        }
        return record
    }

    /// Deletes the current object as the bucket's versioning wants it.
    func delete(_ bucket: BucketRecord, _ key: String) throws -> DeleteOutcome {
        let current = try object(bucket.id, key)
        let versioning = bucket.versioning(of: key)
        guard versioning != .off else {
            guard let current else { return DeleteOutcome() }
            try removeCurrent(current)
            return DeleteOutcome(removed: current)
        }
        var outcome = DeleteOutcome()
        if versioning == .suspended { try removeNullVersionAside(bucket.id, key) }
        if let current {
            let isReplaced = versioning == .suspended && current.versionName == nil
            try removeCurrent(current, keeping: !isReplaced)
            if isReplaced { outcome.removed = current }
        }
        let version = draw()
        let marker = ObjectRecord(
            bucket: bucket.id, key: key, version: version,
            versionName: versioning == .enabled ? versionName(version) : nil, kind: .deleteMarker, size: 0,
            etag: "", modified: now, revision: version, segments: [], fields: FieldList())
        try insertAside(marker)
        outcome.marker = marker
        return outcome
    }

    /// Deletes one version for good; the newest one left becomes current. What was deleted.
    func delete(_ bucket: BucketRecord, _ key: String, versionNamed name: String?) throws -> ObjectRecord? {
        guard let record = try version(bucket.id, key, named: name) else { return nil }
        if let current = try object(bucket.id, key), current.version == record.version {
            try removeCurrent(current)
        } else {
            try removeAside(record)
        }
        try promote(bucket.id, key)
        return record
    }

    /// Makes the newest version that stands aside current, unless something is or it is a delete marker.
    private func promote(_ bucket: Int64, _ key: String) throws {
        guard try object(bucket, key) == nil, let newest = try newestVersion(bucket, key), newest.kind == .object else {
            return
        }
        try forgetAside(newest)
        try put(newest, replacing: nil)
    }

    private func removeNullVersionAside(_ bucket: Int64, _ key: String) throws {
        for record in try versions(bucket, key)
        where record.versionName == nil && (record.kind == .object || record.kind == .deleteMarker) {
            try removeAside(record)
        }
    }

    /// A name that sorts with the version and cannot be guessed.
    private func versionName(_ version: Int64) -> String {
        StoreEvent.sequencer(version).lowercased() + Hex.encode(SecureRandom.bytes(8))
    }
}
