import FoundationEssentials
import GRDB
import Glibc
import NIOCore
import Testing

@testable import ObjectStore

@Suite(.timeLimit(.minutes(1)))
struct DurabilityTests {
    @Test func `refuses a folder that somebody else has open, and says who`() throws {
        let temporary = try TemporaryStore()
        do {
            _ = try ObjectStore(directory: temporary.directory)
            Issue.record("a second store opened the folder")
        } catch let error as StoreError {
            #expect("\(error)".contains("already in use by process \(getpid())"))
        }
    }

    @Test func `refuses metadata that is none with the folder's name`() throws {
        let temporary = try TemporaryStore()
        let other = temporary.directory + "/other"
        try SystemCall.makeDirectory(other)
        let file = try SystemCall.open(other + "/metadata.sqlite", O_WRONLY | O_CREAT)
        try Array(repeating: UInt8(ascii: "x"), count: 10_000).withUnsafeBytes {
            try SystemCall.write(file, $0, path: other)
        }
        close(file)
        #expect { _ = try ObjectStore(directory: other) } throws: { "\($0)".contains(other) }
    }

    @Test func `sweeps what a crash left, and nothing else`() async throws {
        let temporary = try TemporaryStore(StoreOptions(durability: .fast, inlineLimit: 10))
        try await temporary.store.createBucketIfMissing("b")
        try await temporary.put("kept", String(repeating: "k", count: 100))
        let kept = try temporary.files()
        try await temporary.store.close()
        // A torn upload, one that was linked and not committed, and one that was committed and not unlinked.
        for (name, isLinked) in [("3", false), ("5", true)] {
            try Self.write(temporary.directory + "/incoming/" + name)
            if isLinked { try Self.write(temporary.directory + "/contents/02/" + name) }
        }
        let committed = kept.first!
        try Self.write(temporary.directory + "/incoming/" + committed)
        let lock = Self.freshCopy(of: temporary.directory)
        defer { TemporaryStore.remove(lock) }
        let reopened = try ObjectStore(directory: lock, options: StoreOptions(durability: .fast))
        while !(try SystemCall.names(in: lock + "/incoming").isEmpty) { await Task.yield() }
        #expect(try SystemCall.names(in: lock + "/contents/02").filter { $0 == "5" } == [])
        let (_, reader) = try reopened.open { snapshot in
            ((), try snapshot.object(snapshot.bucket("b")!.id, "kept")!.segments)
        }
        #expect(try await reader.nextBuffer()?.readableBytes == 100)
        try await reopened.close()
    }

    private static func write(_ path: String) throws {
        let file = try SystemCall.open(path, O_WRONLY | O_CREAT)
        defer { close(file) }
        try Array("torn".utf8).withUnsafeBytes { try SystemCall.write(file, $0, path: path) }
    }

    /// The lock of the first store lives as long as it does; its copy is a folder nobody has open.
    private static func freshCopy(of directory: String) -> String {
        let copy = directory + "-copy"
        #expect(rename(directory, copy) == 0)
        unlink(copy + "/lock")
        return copy
    }

    @Test func `overwritten and deleted contents are freed at once`() async throws {
        let temporary = try TemporaryStore(StoreOptions(durability: .fast, inlineLimit: 10))
        try await temporary.store.createBucketIfMissing("b")
        for round in 0..<5 { try await temporary.put("k", String(repeating: "\(round)", count: 1000)) }
        while try temporary.files().count > 1 { await Task.yield() }
        #expect(try await temporary.text("k") == String(repeating: "4", count: 1000))
        try await temporary.delete("k")
        while !(try temporary.files().isEmpty) { await Task.yield() }
    }

    @Test func `a reader delivers what it opened although the object is overwritten`() async throws {
        let temporary = try TemporaryStore(StoreOptions(durability: .fast, inlineLimit: 10))
        try await temporary.store.createBucketIfMissing("b")
        try await temporary.put("k", String(repeating: "old", count: 1000))
        let (_, reader) = try temporary.store.open { snapshot in
            ((), try snapshot.object(snapshot.bucket("b")!.id, "k")!.segments)
        }
        try await temporary.put("k", "new")
        try await temporary.delete("k")
        #expect(try await reader.nextBuffer().map { String(buffer: $0) } == String(repeating: "old", count: 1000))
    }

    @Test func `steady writes do not keep others from the database`() async throws {
        let temporary = try TemporaryStore(StoreOptions(durability: .fast, inlineLimit: 10))
        let store = temporary.store
        try await store.createBucketIfMissing("b")
        let writes = SteadyWrites(store)
        writes.begin()
        for round in 0..<2 { try await temporary.put("k", String(repeating: "\(round)", count: 1000)) }
        // The overwritten content's row goes by a write of its own, while there is always a next one waiting.
        while try store.read({ try $0.exists("SELECT 1 FROM content WHERE refs = 0", []) }) { await Task.yield() }
        #expect(writes.count > 2)
        await writes.end()
    }

    @Test func `the names of new folders are made durable, unless that is not wanted`() throws {
        for durability in [StoreOptions.Durability.synced, .fast] {
            let temporary = try TemporaryStore()
            let place = temporary.directory + "/place"
            try SystemCall.makeDirectory(place)
            let above = try OpenedFolders([place])
            try SystemCall.makeDirectories(place + "/a/b", synced: durability == .synced)
            #expect(above.opened() == (durability == .synced ? [place] : []))
            let root = place + "/a/b"
            try SystemCall.makeDirectory(root + "/contents")
            let folders = try OpenedFolders([root, root + "/contents"])
            _ = try ContentFolder(root: root, durability: durability, sequence: SequenceSource(start: 1))
            #expect(folders.opened() == (durability == .synced ? [root, root + "/contents"] : []))
        }
    }

    @Test func `a failed change undoes itself and no other of its batch`() async throws {
        let temporary = try TemporaryStore()
        try await temporary.store.createBucketIfMissing("b")
        struct Refusal: Error {}
        await withTaskGroup(of: Bool.self) { group in
            for number in 0..<50 {
                group.addTask {
                    do {
                        try await temporary.store.write { transaction in
                            try transaction.insert(bucket: "bucket\(number)", owner: "")
                            if number % 5 == 0 { throw Refusal() }
                        }
                        return number % 5 != 0
                    } catch { return number % 5 == 0 }
                }
            }
            for await isRight in group { #expect(isRight) }
        }
        let names = try temporary.store.read { try $0.buckets(limit: 100).map(\.name) }
        #expect(names.count == 41)
    }

    @Test func `deleted buckets are taken apart in the background`() async throws {
        let temporary = try TemporaryStore(StoreOptions(durability: .fast, inlineLimit: 10))
        try await temporary.store.createBucketIfMissing("b")
        for number in 0..<20 { try await temporary.put("k\(number)", String(repeating: "x", count: 100)) }
        try await temporary.store.reset()
        #expect(try temporary.store.read { try $0.buckets(limit: 10) }.isEmpty)
        while !(try temporary.files().isEmpty) { await Task.yield() }
    }

    /// Every bit of what a row carries (of long ones every 13th), and other values in other columns.
    @Test func `a flipped bit is found in every row of metadata`() async throws {
        let temporary = try TemporaryStore(StoreOptions(durability: .fast, inlineLimit: 10))
        let store = temporary.store
        try await store.createBucketIfMissing("b")
        _ = try await store.events.subscribe("c")
        try await temporary.put("k", "inline")
        try await store.write { transaction in
            let bucket = try transaction.bucket("b")!
            var fields = FieldList()
            fields["content-type"] = "image/png"
            var record = try transaction.object(bucket.id, "k")!
            record.fields = fields
            try transaction.update(record)
            record.version += 1
            try transaction.insertAside(record)
            let upload = UploadRecord(id: "u", bucket: bucket.id, key: "k", created: 1, fields: fields)
            try transaction.insert(upload)
            try transaction.put(
                PartRecord(number: 1, size: 2, etag: "e", modified: 3, segments: [], fields: fields), of: "u")
            try transaction.put(
                BlockRecord(
                    name: "n", size: 1, modified: 2, etag: "e", segments: [Segment(content: 0, offset: 0, length: 1)]),
                bucket.id, "k")
            try transaction.emit(
                StoreEvent(
                    kind: .created, cause: "Put", record, bucket: "b", dialect: "s3", requestID: "r", principal: "p"))
        }
        #expect(try store.verifyRows().isEmpty)
        let tables: [(String, String, [String])] = [
            ("bucket", "fields", ["owner", "modified", "revision"]),
            ("object", "fields", ["key", "size", "etag", "segments"]),
            ("version", "fields", ["key", "version", "modified"]), ("upload", "fields", ["key", "created"]),
            ("part", "fields", ["number", "size", "etag"]), ("block", "segments", ["name", "size", "etag"]),
            ("event", "fields", []),
        ]
        for (table, carrier, columns) in tables {
            let read = "SELECT \(carrier) FROM \(table)"
            let whole = try store.read { try Data.fetchOne($0.database, sql: read) } ?? Data()
            #expect(whole.count >= RowSeal.length)
            for bit in stride(from: 0, to: whole.count * 8, by: whole.count > 100 ? 13 : 1) {
                var flipped = whole
                flipped[bit / 8] ^= 1 << UInt8(bit % 8)
                try await store.write { [flipped] in try $0.execute("UPDATE \(table) SET \(carrier) = ?", [flipped]) }
                #expect(
                    try store.verifyRows().contains { $0.place.hasPrefix("metadata.sqlite, \(table)") },
                    "bit \(bit) of \(table)")
            }
            try await store.write { try $0.execute("UPDATE \(table) SET \(carrier) = ?", [whole]) }
            for column in columns {
                let saved = try store.read {
                    try DatabaseValue.fetchOne($0.database, sql: "SELECT \(column) FROM \(table)")
                }
                try await store.write {
                    try $0.execute(
                        "UPDATE \(table) SET \(column) = CASE typeof(\(column)) WHEN 'integer' THEN \(column) + 1 ELSE CAST(\(column) || 'x' AS \(column == "segments" ? "BLOB" : "TEXT")) END",
                        [])
                }
                #expect(
                    try store.verifyRows().contains { $0.place.hasPrefix("metadata.sqlite, \(table)") },
                    "\(column) of \(table)")
                try await store.write { try $0.execute("UPDATE \(table) SET \(column) = ?", [saved]) }
            }
        }
        #expect(try store.verifyRows().isEmpty)
    }

    @Test func `a flipped bit is found, in a file and in the database`() async throws {
        let temporary = try TemporaryStore(StoreOptions(durability: .fast, inlineLimit: 10))
        try await temporary.store.createBucketIfMissing("b")
        try await temporary.put("file", String(repeating: "f", count: 1000))
        try await temporary.put("row", "inline")
        #expect(try await temporary.store.verify().damaged.isEmpty)
        let content = try temporary.store.read { try $0.object($0.bucket("b")!.id, "file")!.segments[0].content }
        let file = try SystemCall.open(temporary.store.contents.path(of: content), O_WRONLY)
        #expect(pwrite(file, "F", 1, 500) == 1)
        close(file)
        try await temporary.store.write { transaction in
            try transaction.execute("UPDATE content SET bytes = 'Inline' WHERE bytes IS NOT NULL", [])
        }
        let (checked, damaged) = try await temporary.store.verify()
        #expect(checked == 2)
        #expect(damaged.count == 2)
        #expect(unlink(temporary.store.contents.path(of: content)) == 0)
        #expect(try await temporary.store.verify().damaged.contains { $0.reason == "the file is missing" })
    }
}
