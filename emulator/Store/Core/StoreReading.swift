import FoundationEssentials
import GRDB
import NIOCore

/// What can be asked of the metadata; answered from one consistent state of it.
protocol StoreReading {
    var database: Database { get }
}

/// A state of the metadata that stays as it is while it is read.
struct Snapshot: StoreReading {
    let database: Database
}

extension StoreReading {
    func rows(_ sql: String, _ arguments: StatementArguments) throws -> RowCursor {
        try Row.fetchCursor(database.cachedStatement(sql: sql), arguments: arguments)
    }

    func row(_ sql: String, _ arguments: StatementArguments) throws -> Row? {
        try Row.fetchOne(database.cachedStatement(sql: sql), arguments: arguments)
    }

    func exists(_ sql: String, _ arguments: StatementArguments) throws -> Bool {
        try Int.fetchOne(database.cachedStatement(sql: sql), arguments: arguments) != nil
    }

    // MARK: Buckets

    func bucket(_ name: String, account: String = "") throws -> BucketRecord? {
        try row("SELECT * FROM bucket WHERE account = ? AND name = ?", [account, name]).map(BucketRecord.init)
    }

    /// Buckets in order of their names, after `marker` (or from it, where `including`).
    func buckets(
        account: String = "", prefix: String = "", from marker: String = "", including: Bool = false, limit: Int
    ) throws -> [BucketRecord] {
        let start = marker.utf8.lexicographicallyPrecedes(prefix.utf8) ? prefix : marker
        let comparison = including || start == prefix && marker != prefix ? ">=" : ">"
        return try Row.fetchAll(
            database.cachedStatement(
                sql: """
                    SELECT * FROM bucket WHERE account = ? AND name \(start.isEmpty ? ">=" : comparison) ?
                    AND name < ? ORDER BY name LIMIT ?
                    """),
            arguments: [account, start, prefix + "\u{10FFFF}", limit]
        ).map(BucketRecord.init)
    }

    func isEmpty(_ bucket: Int64) throws -> Bool {
        try !exists("SELECT 1 FROM object WHERE bucket = ? LIMIT 1", [bucket])
            && !exists("SELECT 1 FROM version WHERE bucket = ? LIMIT 1", [bucket])
    }

    // MARK: Objects

    /// The current object; nil also where the newest version is a delete marker.
    func object(_ bucket: Int64, _ key: String) throws -> ObjectRecord? {
        try row("SELECT * FROM object WHERE bucket = ? AND key = ?", [bucket, key]).map(ObjectRecord.init)
    }

    /// The newest version that stands aside, delete markers included.
    func newestVersion(_ bucket: Int64, _ key: String) throws -> ObjectRecord? {
        try row(
            "SELECT * FROM version WHERE bucket = ? AND key = ? AND kind < 2 ORDER BY version DESC LIMIT 1",
            [bucket, key]
        ).map(ObjectRecord.init)
    }

    /// A version by its name; nil names the version without one.
    func version(_ bucket: Int64, _ key: String, named name: String?) throws -> ObjectRecord? {
        if let current = try object(bucket, key), current.versionName == name { return current }
        return try row(
            "SELECT * FROM version WHERE bucket = ? AND key = ? AND name IS ? AND kind < 2 LIMIT 1",
            [bucket, key, name]
        ).map(ObjectRecord.init)
    }

    /// An Azure snapshot by its time stamp.
    func snapshot(_ bucket: Int64, _ key: String, named name: String) throws -> ObjectRecord? {
        try row(
            "SELECT * FROM version WHERE bucket = ? AND key = ? AND name = ? AND kind = 2 LIMIT 1", [bucket, key, name]
        ).map(ObjectRecord.init)
    }

    /// Everything of a key that stands aside, newest first.
    func versions(_ bucket: Int64, _ key: String) throws -> [ObjectRecord] {
        try Row.fetchAll(
            database.cachedStatement(sql: "SELECT * FROM version WHERE bucket = ? AND key = ? ORDER BY version DESC"),
            arguments: [bucket, key]
        ).map(ObjectRecord.init)
    }

    // MARK: Contents

    /// The bytes of a segment that live in the database.
    func inlineBytes(_ segment: Segment) throws -> ByteBuffer {
        let row = try row("SELECT bytes FROM content WHERE id = ?", [segment.content])
        let bytes = try row?.withUnsafeData(atIndex: 0) { data in data.map { ByteBuffer(bytes: $0) } }
        guard let bytes = bytes ?? nil,
            let slice = bytes.getSlice(at: Int(segment.offset), length: Int(segment.length))
        else { throw StoreError.contentMissing(path: "content \(String(segment.content, radix: 16))") }
        return slice
    }

    // MARK: Uploads

    func upload(_ id: String) throws -> UploadRecord? {
        try row("SELECT * FROM upload WHERE id = ?", [id]).map(UploadRecord.init)
    }

    /// Uploads in order of key and id, after the pair given.
    func uploads(
        _ bucket: Int64, prefix: String, afterKey: String, afterID: String, limit: Int
    ) throws -> [UploadRecord] {
        try Row.fetchAll(
            database.cachedStatement(
                sql: """
                    SELECT * FROM upload WHERE bucket = ? AND (key, id) > (?, ?) AND key >= ? AND key < ?
                    ORDER BY key, id LIMIT ?
                    """),
            arguments: [bucket, afterKey, afterID, prefix, prefix + "\u{10FFFF}", limit]
        ).map(UploadRecord.init)
    }

    func part(_ upload: String, _ number: Int64) throws -> PartRecord? {
        try row("SELECT * FROM part WHERE upload = ? AND number = ?", [upload, number]).map(PartRecord.init)
    }

    /// Parts in order of their numbers, after the one given.
    func parts(_ upload: String, after: Int64 = 0, limit: Int) throws -> [PartRecord] {
        try Row.fetchAll(
            database.cachedStatement(
                sql: "SELECT * FROM part WHERE upload = ? AND number > ? ORDER BY number LIMIT ?"),
            arguments: [upload, after, limit]
        ).map(PartRecord.init)
    }

    /// Blocks that no block list has taken up, in the order they came.
    func blocks(_ bucket: Int64, _ key: String) throws -> [BlockRecord] {
        try Row.fetchAll(
            database.cachedStatement(sql: "SELECT * FROM block WHERE bucket = ? AND key = ? ORDER BY position"),
            arguments: [bucket, key]
        ).map(BlockRecord.init)
    }

    /// The name of one of them: all have the same length.
    func anyBlockName(_ bucket: Int64, _ key: String) throws -> String? {
        try String.fetchOne(
            database.cachedStatement(sql: "SELECT name FROM block WHERE bucket = ? AND key = ? LIMIT 1"),
            arguments: [bucket, key])
    }
}
