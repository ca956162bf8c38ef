import FoundationEssentials
import GRDB
import Logging
import NIOCore
import NIOPosix
import Synchronization

/// The store beneath both dialects: contents in files, metadata in SQLite.
///
///     let store = try ObjectStore(directory: ".darkroom/storage")
///     try await store.createBucketIfMissing("darkroom")
///     async let s3: Void = S3Server(store: store, options: S3Options(port: 9000)).run()
///     async let azure: Void = AzureServer(store: store, options: AzureOptions(port: 10000)).run()
///
/// A write that returned is on disk (unless ``StoreOptions/durability`` says otherwise), and a reader sees a whole
/// object or none. One process at a time has a folder open.
package final class ObjectStore: Sendable {
    /// The folder that holds everything.
    package let directory: String
    package let options: StoreOptions
    /// What happened to objects, durable until it is acknowledged.
    package let events: EventLog

    let contents: ContentFolder
    let sequence: SequenceSource
    private let lock: StoreLock
    private let pool: DatabasePool
    private let readers: Readers
    private let buckets = BucketCache()
    private let committer: Committer
    private let maintenance: Maintenance

    /// Opens the store in `directory`, which is made when it is missing.
    /// - Throws: ``StoreError/inUse(directory:by:)`` when another process has it open, or what the file system says.
    package init(directory: String, options: StoreOptions = StoreOptions()) throws {
        self.directory = directory
        self.options = options
        try SystemCall.makeDirectories(directory, synced: options.durability == .synced)
        lock = try StoreLock(directory: directory)
        pool = try Self.open(directory, options)
        readers = Readers(path: directory + "/metadata.sqlite")
        let start = try pool.write { database in
            try Int64.fetchOne(
                database, sql: "UPDATE setting SET value = value + 1 WHERE name = 'starts' RETURNING value") ?? 1
        }
        sequence = SequenceSource(start: start)
        contents = try ContentFolder(root: directory, durability: options.durability, sequence: sequence)
        maintenance = Maintenance(pool: pool, contents: contents)
        let signals = EventSignals(consumers: try pool.read { try EventSignals.load($0) })
        committer = Committer(pool: pool, sequence: sequence, consumers: { signals.consumers }) {
            [maintenance, buckets] effects in
            if effects.changesBucket { buckets.invalidate() }
            signals.update(effects)
            maintenance.perform(effects)
        }
        events = EventLog(pool: pool, committer: committer, signals: signals)
        maintenance.sweep(before: start << 41)
        if options.durability == .fast {
            Logger(label: "object-store").warning(
                "the object store runs without fsync: what it acknowledges does not survive a power cut")
        }
    }

    private static func open(_ directory: String, _ options: StoreOptions) throws -> DatabasePool {
        var configuration = Configuration()
        configuration.label = "object-store"
        configuration.busyMode = .timeout(10)
        configuration.prepareDatabase { database in
            try database.execute(
                sql: """
                    PRAGMA page_size = 8192; PRAGMA cache_size = -8192; PRAGMA wal_autocheckpoint = 4096;
                    PRAGMA temp_store = MEMORY
                    """)
        }
        do {
            let pool = try DatabasePool(path: directory + "/metadata.sqlite", configuration: configuration)
            try pool.writeWithoutTransaction { database in
                // After opening: the pool itself lowers it to NORMAL, which acknowledges before the journal is on disk.
                try database.execute(
                    sql: "PRAGMA synchronous = \(options.durability == .synced ? "FULL" : "OFF")")
                try Schema.create(database)
            }
            return pool
        } catch let error as DatabaseError where error.resultCode != .SQLITE_FULL {
            throw StoreError.unreadable(directory: directory, reason: error.message ?? error.description)
        }
    }

    deinit { maintenance.stop() }

    /// Closes the database; nothing may use the store afterwards.
    package func close() async throws {
        maintenance.stop()
        await maintenance.drain()
        try readers.close()
        try pool.close()
    }

    // MARK: Reading and writing

    /// Runs `body` against one consistent state of the metadata, on the caller's thread: look up, do not compute.
    func read<Result>(_ body: (Snapshot) throws -> Result) throws -> Result {
        try readers.read { try body(Snapshot(database: $0)) }
    }

    /// A bucket as of the last commit.
    func bucket(_ name: String, account: String = "") throws -> BucketRecord? {
        try buckets.bucket(name, account: account) { try read { try $0.bucket(name, account: account) } }
    }

    /// Makes a change and returns when it is as durable as ``StoreOptions/durability`` says. Throws what `body` throws.
    func write<Result: Sendable>(
        _ body: @escaping @Sendable (Transaction) throws -> Result
    ) async throws -> Result {
        try await committer.write(body)
    }

    /// Begins to take a new content; it becomes a file beyond `inlineLimit` bytes, or beyond the store's own limit.
    func contentWriter(inlineLimit: Int? = nil) -> ContentWriter {
        ContentWriter(folder: contents, inlineLimit: inlineLimit ?? options.inlineLimit)
    }

    /// Runs a change that adopts `content`, where there is one; when it fails, the content goes.
    func write<Result: Sendable>(
        adopting content: PendingContent?, _ body: @escaping @Sendable (Transaction) throws -> Result
    ) async throws -> Result {
        do {
            return try await committer.write { transaction in
                if let content { try transaction.adopt(content) }
                return try body(transaction)
            }
        } catch {
            if let content { discard(content) }
            throw error
        }
    }

    /// Removes a content that no transaction adopted.
    func discard(_ content: PendingContent) {
        guard content.id & 1 == 1 else { return }
        maintenance.discard(content.id)
    }

    /// Looks an object up and opens a range of it, consistently: whatever happens to the object afterwards, the reader
    /// delivers these bytes.
    ///
    /// - Parameter choose: finds the record, and the range of it to read; nil in place of the range: no content.
    func open<Choice>(
        _ choose: (Snapshot) throws -> (Choice, [Segment])
    ) throws -> (Choice, ContentReader) {
        while true {
            let (choice, segments, inline) = try read { snapshot in
                let (choice, segments) = try choose(snapshot)
                let first = segments.count == 1 && !segments[0].isFile && !segments[0].isHole
                return (choice, segments, first ? try snapshot.inlineBytes(segments[0]) : nil)
            }
            if let inline {
                return (choice, ContentReader(folder: contents, segments: segments) { _ in inline })
            }
            contents.pin(segments)
            let reader = ContentReader(folder: contents, segments: segments) { [self] segment in
                try read { try $0.inlineBytes(segment) }
            }
            // Pinned too late if a writer let go of the object meanwhile: then look again.
            let again = try read { try choose($0).1 }
            if again == segments { return (choice, reader) }
        }
    }

    // MARK: Whole store

    /// Makes a bucket (a container, for the Azure dialect) unless there is one of that name.
    package func createBucketIfMissing(_ name: String, owner: String = "minioadmin") async throws {
        try await write { transaction in
            if try transaction.bucket(name) == nil { try transaction.insert(bucket: name, owner: owner) }
        }
    }

    /// Empties the store: every bucket, object, upload and undelivered event goes, and what Azure's services were told.
    package func reset() async throws {
        try await write { transaction in
            try transaction.execute("INSERT INTO doomed SELECT id FROM bucket", [])
            try transaction.execute("DELETE FROM bucket", [])
            try transaction.execute("DELETE FROM event", [])
            try transaction.execute("DELETE FROM setting WHERE name GLOB 'azure-*'", [])
            transaction.effects.doomsBucket = true
            transaction.effects.changesBucket = true
        }
        try await events.settle()
    }
}
