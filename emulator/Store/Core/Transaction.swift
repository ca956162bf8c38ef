import FoundationEssentials
import GRDB
import NIOCore

/// Changes to the metadata that become true together, and on disk before anybody is told.
///
/// The closure that uses it may run twice (``Committer``): it changes nothing but through this.
struct Transaction: StoreReading {
    let database: Database
    let effects: CommitEffects
    let sequence: SequenceSource
    /// Milliseconds since 1970: one time for everything in the transaction.
    let now: Int64

    func execute(_ sql: String, _ arguments: StatementArguments) throws {
        try database.cachedStatement(sql: sql).execute(arguments: arguments)
    }

    /// A number greater than every one before: a version's or a revision's.
    func draw() -> Int64 { sequence.draw() }

    // MARK: Buckets

    func insert(bucket name: String, account: String = "", owner: String, fields: FieldList = FieldList()) throws {
        let revision = draw()
        try execute(
            "INSERT INTO bucket (account, name, owner, created, modified, revision, fields) VALUES (?, ?, ?, ?, "
                + "?, ?, ?)",
            [account, name, owner, now, now, revision, RowSeal.seal(fields.encoded, [owner, now, revision])])
    }

    func update(_ bucket: BucketRecord) throws {
        effects.changesBucket = true
        try execute(
            "UPDATE bucket SET owner = ?, modified = ?, revision = ?, fields = ? WHERE id = ?",
            [
                bucket.owner, bucket.modified, bucket.revision,
                RowSeal.seal(bucket.fields.encoded, [bucket.owner, bucket.modified, bucket.revision]), bucket.id,
            ])
    }

    /// Deletes a bucket at once; what is still inside is taken apart afterwards, bit by bit.
    func delete(_ bucket: BucketRecord) throws {
        try execute("DELETE FROM bucket WHERE id = ?", [bucket.id])
        try execute("INSERT INTO doomed VALUES (?)", [bucket.id])
        effects.doomsBucket = true
        effects.changesBucket = true
    }

    // MARK: Objects

    /// Makes `record` the current object. What was current is released, or stands aside where `keepingOld`.
    func put(_ record: ObjectRecord, replacing old: ObjectRecord?, keepingOld: Bool = false) throws {
        if let old {
            if keepingOld { try insert(old, into: "version") } else { try release(old.segments) }
        }
        try insert(record, into: "object")
    }

    /// Writes changed properties of a record where it stands; its contents stay as they are.
    func update(_ record: ObjectRecord, isCurrent: Bool = true) throws {
        try insert(record, into: isCurrent ? "object" : "version")
    }

    /// Removes the current object; it stands aside where `keeping`.
    func removeCurrent(_ record: ObjectRecord, keeping: Bool = false) throws {
        if keeping { try insert(record, into: "version") } else { try release(record.segments) }
        try execute("DELETE FROM object WHERE bucket = ? AND key = ?", [record.bucket, record.key])
    }

    /// Puts a record beside the current object: an older version, a delete marker, a snapshot.
    func insertAside(_ record: ObjectRecord) throws { try insert(record, into: "version") }

    /// Removes a record that stands aside, with its contents.
    func removeAside(_ record: ObjectRecord) throws {
        try release(record.segments)
        try forgetAside(record)
    }

    /// Removes a record that stands aside and leaves its contents to whoever took them over.
    func forgetAside(_ record: ObjectRecord) throws {
        try execute(
            "DELETE FROM version WHERE bucket = ? AND key = ? AND version = ?",
            [record.bucket, record.key, record.version])
    }

    private func insert(_ record: ObjectRecord, into table: String) throws {
        let columns: [(any DatabaseValueConvertible)?] = [
            record.bucket, record.key, record.version, record.versionName, record.kind.rawValue, record.size,
            record.etag, record.modified, record.revision, record.segments.column,
        ]
        try execute(
            "INSERT OR REPLACE INTO \(table) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            StatementArguments(columns + [RowSeal.seal(record.fields.encoded, columns)]))
    }

    // MARK: Contents

    /// Takes over a content that was just written, with one reference to it.
    func adopt(_ content: PendingContent) throws {
        if content.size == 0 { return }
        try execute(
            "INSERT INTO content VALUES (?, 1, ?, ?, ?)",
            [content.id, content.size, Data(content.md5), content.bytes.map { Data($0.readableBytesView) }])
        if content.id & 1 == 1 { effects.adopted.append(content.id) }
    }

    /// One more reference to each content: what a server-side copy costs.
    func retain(_ segments: [Segment]) throws {
        for segment in segments where !segment.isHole {
            try execute("UPDATE content SET refs = refs + 1 WHERE id = ?", [segment.content])
        }
    }

    /// One reference less; contents without one go.
    func release(_ segments: [Segment]) throws {
        for segment in segments where !segment.isHole {
            guard segment.isFile || segments.count > 1 else {
                // The usual small object: one row, one reference.
                try execute("DELETE FROM content WHERE id = ? AND refs = 1", [segment.content])
                if database.changesCount == 0 {
                    try execute("UPDATE content SET refs = refs - 1 WHERE id = ?", [segment.content])
                }
                continue
            }
            let statement = try database.cachedStatement(
                sql: "UPDATE content SET refs = refs - 1 WHERE id = ? RETURNING refs")
            if try Int.fetchOne(statement, arguments: [segment.content]) == 0 {
                effects.unreferenced.append(segment.content)
            }
        }
    }

    // MARK: Uploads

    func insert(_ upload: UploadRecord) throws {
        let columns: [(any DatabaseValueConvertible)?] = [upload.id, upload.bucket, upload.key, upload.created]
        try execute(
            "INSERT INTO upload VALUES (?, ?, ?, ?, ?)",
            StatementArguments(columns + [RowSeal.seal(upload.fields.encoded, columns)]))
    }

    func put(_ part: PartRecord, of upload: String) throws {
        if let old = try self.part(upload, part.number) { try release(old.segments) }
        let columns: [(any DatabaseValueConvertible)?] = [
            upload, part.number, part.size, part.etag, part.modified, part.segments.column,
        ]
        try execute(
            "INSERT OR REPLACE INTO part VALUES (?, ?, ?, ?, ?, ?, ?)",
            StatementArguments(columns + [RowSeal.seal(part.fields.encoded, columns)]))
    }

    /// Removes an upload with its parts; the contents of the parts in `keeping` have become an object's.
    func remove(_ upload: UploadRecord, keeping: Set<Int64> = []) throws {
        for part in try parts(upload.id, limit: 10_000) where !keeping.contains(part.number) {
            try release(part.segments)
        }
        try execute("DELETE FROM part WHERE upload = ?", [upload.id])
        try execute("DELETE FROM upload WHERE id = ?", [upload.id])
    }

    func put(_ block: BlockRecord, _ bucket: Int64, _ key: String) throws {
        let old = try row("SELECT * FROM block WHERE bucket = ? AND key = ? AND name = ?", [bucket, key, block.name])
        if let old = try old.map(BlockRecord.init) { try release(old.segments) }
        let columns: [(any DatabaseValueConvertible)?] = [
            bucket, key, block.name, block.size, block.modified, block.etag,
        ]
        try execute(
            "INSERT OR REPLACE INTO block VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
            StatementArguments(columns + [RowSeal.seal(block.segments.encoded, columns), draw()]))
    }

    /// Removes a blob's blocks; the contents of those in `keeping` have become the blob's.
    func removeBlocks(_ bucket: Int64, _ key: String, keeping: Set<String> = []) throws {
        for block in try blocks(bucket, key) where !keeping.contains(block.name) { try release(block.segments) }
        try execute("DELETE FROM block WHERE bucket = ? AND key = ?", [bucket, key])
    }

    // MARK: Events

    /// Tells everybody who wants to know; durable with the change itself.
    func emit(_ event: StoreEvent) throws {
        for consumer in effects.consumers {
            try execute(
                "INSERT INTO event (consumer, fields) VALUES (?, ?)",
                [consumer, RowSeal.seal(event.fields.encoded, [consumer])])
            effects.emitted.insert(consumer)
        }
    }
}
