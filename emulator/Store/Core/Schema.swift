import GRDB

/// The tables. Current objects stand in key order in a table of their own, so that a listing is one walk along it;
/// older versions, delete markers and snapshots stand aside.
enum Schema {
    static let version = 1

    static func create(_ database: Database) throws {
        let found = try Int.fetchOne(database, sql: "PRAGMA user_version") ?? 0
        if found == version { return }
        guard found == 0 else {
            throw DatabaseError(message: "it was written by another version (\(found), this one reads \(version))")
        }
        try database.inTransaction {
            try database.execute(sql: tables)
            try database.execute(sql: "PRAGMA user_version = \(version)")
            return .commit
        }
    }

    private static let versionColumns = """
        bucket INTEGER NOT NULL, key TEXT NOT NULL, version INTEGER NOT NULL, name TEXT, kind INTEGER NOT NULL,
        size INTEGER NOT NULL, etag TEXT NOT NULL, modified INTEGER NOT NULL, revision INTEGER NOT NULL,
        segments BLOB NOT NULL, fields BLOB NOT NULL
        """

    private static let tables = """
        CREATE TABLE setting (name TEXT PRIMARY KEY, value ANY NOT NULL) WITHOUT ROWID;
        INSERT INTO setting VALUES ('starts', 0);

        CREATE TABLE bucket (
            id INTEGER PRIMARY KEY AUTOINCREMENT, account TEXT NOT NULL, name TEXT NOT NULL, owner TEXT NOT NULL,
            created INTEGER NOT NULL, modified INTEGER NOT NULL, revision INTEGER NOT NULL, fields BLOB NOT NULL,
            UNIQUE (account, name));
        -- Buckets that were deleted with their contents; the contents go bit by bit.
        CREATE TABLE doomed (bucket INTEGER PRIMARY KEY);

        CREATE TABLE object (\(versionColumns), PRIMARY KEY (bucket, key)) WITHOUT ROWID;
        CREATE TABLE version (\(versionColumns), PRIMARY KEY (bucket, key, version DESC)) WITHOUT ROWID;

        -- bytes is NULL where the content is a file. refs 0 is a content whose file is about to go.
        CREATE TABLE content (
            id INTEGER PRIMARY KEY, refs INTEGER NOT NULL, size INTEGER NOT NULL, md5 BLOB NOT NULL, bytes BLOB);
        CREATE INDEX content_unreferenced ON content (id) WHERE refs = 0;

        CREATE TABLE upload (
            id TEXT PRIMARY KEY, bucket INTEGER NOT NULL, key TEXT NOT NULL, created INTEGER NOT NULL,
            fields BLOB NOT NULL) WITHOUT ROWID;
        CREATE INDEX upload_by_key ON upload (bucket, key, id);
        CREATE TABLE part (
            upload TEXT NOT NULL, number INTEGER NOT NULL, size INTEGER NOT NULL, etag TEXT NOT NULL,
            modified INTEGER NOT NULL, segments BLOB NOT NULL, fields BLOB NOT NULL,
            PRIMARY KEY (upload, number)) WITHOUT ROWID;
        CREATE TABLE block (
            bucket INTEGER NOT NULL, key TEXT NOT NULL, name TEXT NOT NULL, size INTEGER NOT NULL,
            modified INTEGER NOT NULL, etag TEXT NOT NULL, segments BLOB NOT NULL, position INTEGER NOT NULL,
            PRIMARY KEY (bucket, key, name)) WITHOUT ROWID;

        CREATE TABLE consumer (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE);
        CREATE TABLE event (
            sequence INTEGER PRIMARY KEY AUTOINCREMENT, consumer INTEGER NOT NULL, fields BLOB NOT NULL);
        CREATE INDEX event_by_consumer ON event (consumer, sequence);
        """
}
