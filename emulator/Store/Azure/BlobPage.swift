import Cryptography
import GRDB
import XML

/// Where the next page of a listing begins, as clients hand it back.
struct BlobMarker: Equatable {
    /// The last name of the page before.
    let after: String
    /// The last thing told that stands beside the blob of that name; nil: everything of that name was told.
    let version: Int64?

    init(after: String, version: Int64? = nil) { (self.after, self.version) = (after, version) }

    /// - Parameter text: a plain name, or what ``encoded`` made of it.
    init(decoding text: String) throws(AzureError) {
        guard text.hasPrefix("2!") else {
            self.init(after: text)
            return
        }
        let parts = text.split(separator: "!", omittingEmptySubsequences: false)
        guard parts.count == 2 || parts.count == 3, parts[0] == "2", let bytes = Base64.decodeURL(String(parts[1])),
            let name = String(validating: bytes, as: UTF8.self)
        else { throw .invalidQuery("marker", text) }
        let version = parts.count == 3 ? Int64(parts[2]) : nil
        if parts.count == 3, version == nil { throw .invalidQuery("marker", text) }
        self.init(after: name, version: version)
    }

    /// The name itself where that can stand in an answer and cannot be taken for something else.
    var encoded: String {
        if version == nil, !after.hasPrefix("2!"), XMLWriter.canExpress(after) { return after }
        return "2!" + Base64.encodeURL(Array(after.utf8)) + (version.map { "!\($0)" } ?? "")
    }
}

/// A page of a container's blobs, with what stands beside them where that was asked for.
struct BlobPage {
    enum Role {
        case current
        /// A snapshot, an older version, something deleted.
        case aside
        /// The newest version of a blob that was deleted.
        case versionsOnly
    }

    enum Entry {
        case blob(ObjectRecord, Role)
        case prefix(String)
        /// A blob of which only blocks exist.
        case uncommitted(String)

        var name: String {
            switch self {
            case .blob(let record, _): record.key
            case .prefix(let name), .uncommitted(let name): name
            }
        }
    }

    /// What a listing is to tell beside the current blobs.
    struct Inclusion {
        var snapshots = false
        var versions = false
        var uncommitted = false
        var deletedWithVersions = false
        /// Whether something deleted is still kept; nil: deleted things are not wanted.
        var deleted: ((ObjectRecord) -> Bool)?

        fileprivate var kinds: [ObjectRecord.Kind] {
            var kinds: [ObjectRecord.Kind] = []
            if snapshots { kinds.append(.snapshot) }
            if versions { kinds.append(.object) }
            if deleted != nil { kinds.append(.deleted) }
            if deleted != nil && snapshots { kinds.append(.deletedSnapshot) }
            if deletedWithVersions { kinds.append(.deleteMarker) }
            return kinds
        }
    }

    private typealias Placed = (name: String, version: Int64, entry: Entry)

    private(set) var entries: [Entry] = []
    private(set) var next: BlobMarker?

    /// - Parameter query: what to list; where it begins is `start`'s matter.
    init(_ reading: some StoreReading, _ query: ListQuery, after start: BlobMarker, _ inclusion: Inclusion) throws {
        var query = query
        // The current blob comes after everything that stands beside it.
        if start.version == nil { query.after = start.after } else { query.from = start.after }
        let page = try reading.list(query)
        var all: [Placed] = page.entries.map { entry in
            switch entry {
            case .object(let record): (record.key, .max, .blob(record, .current))
            case .prefix(let prefix): (prefix, .max, .prefix(prefix))
            }
        }
        if inclusion.uncommitted {
            for name in try reading.uncommittedNames(query, after: start.after) { all.append(Self.place(name, query)) }
        }
        all += try Self.aside(reading, query, start, inclusion)
        all.sort { $0.name.precedes($1.name) || !$1.name.precedes($0.name) && $0.version < $1.version }
        for placed in all {
            if case .prefix(let prefix) = placed.entry, case .prefix(prefix)? = entries.last { continue }
            if entries.count == query.limit { return }
            entries.append(placed.entry)
            next = BlobMarker(after: placed.name, version: placed.version == .max ? nil : placed.version)
        }
        if !page.isTruncated { next = nil }
    }

    /// A blob without content, or the prefix that it is told as.
    private static func place(_ name: String, _ query: ListQuery) -> Placed {
        if let prefix = name.commonPrefix(after: query.prefix, delimiter: query.delimiter) {
            return (prefix, .max, .prefix(prefix))
        }
        return (name, .max, .uncommitted(name))
    }

    /// At most one more than the page takes of what stands beside current blobs, oldest first for each name.
    private static func aside(
        _ reading: some StoreReading, _ query: ListQuery, _ start: BlobMarker, _ inclusion: Inclusion
    ) throws -> [Placed] {
        let kinds = inclusion.kinds
        if kinds.isEmpty { return [] }
        var found: [Placed] = []
        let rows = try reading.rows(
            """
            SELECT * FROM version WHERE bucket = ? AND key >= ? AND (key > ? OR key = ? AND version > ?) AND key < ?
            AND kind IN (\(kinds.map { String($0.rawValue) }.joined(separator: ",")))
            ORDER BY key, version
            """,
            [
                query.bucket, query.prefix, start.after, start.after, start.version ?? .max,
                query.prefix.scalarSuccessor ?? "\u{10FFFF}",
            ])
        while found.count <= query.limit, let row = try rows.next() {
            var record = try ObjectRecord(row)
            var role = Role.aside
            switch record.kind {
            case .deleted, .deletedSnapshot: if inclusion.deleted?(record) != true { continue }
            case .deleteMarker:
                guard let newest = try reading.newestHidden(by: record) else { continue }
                (record, role) = (newest, .versionsOnly)
            case .object, .snapshot: break
            }
            if let prefix = record.key.commonPrefix(after: query.prefix, delimiter: query.delimiter) {
                if prefix != start.after, found.last?.name != prefix { found.append((prefix, .max, .prefix(prefix))) }
            } else {
                found.append((record.key, row[2], .blob(record, role)))
            }
        }
        return found
    }
}

extension StoreReading {
    /// Names of which only blocks exist.
    fileprivate func uncommittedNames(_ query: ListQuery, after: String) throws -> [String] {
        try String.fetchAll(
            database.cachedStatement(
                sql: """
                    SELECT DISTINCT key FROM block WHERE bucket = ? AND key >= ? AND key > ? AND key < ? AND NOT EXISTS
                    (SELECT 1 FROM object WHERE object.bucket = block.bucket AND object.key = block.key)
                    ORDER BY key LIMIT ?
                    """),
            arguments: [
                query.bucket, query.prefix, after, query.prefix.scalarSuccessor ?? "\u{10FFFF}", query.limit + 1,
            ])
    }

    /// The newest version of a blob that a delete marker, the newest thing of its name, hides.
    fileprivate func newestHidden(by marker: ObjectRecord) throws -> ObjectRecord? {
        guard try object(marker.bucket, marker.key) == nil,
            try newestVersion(marker.bucket, marker.key)?.version == marker.version
        else { return nil }
        return try versions(marker.bucket, marker.key).first { $0.kind == .object }
    }
}
