import Cryptography
import GRDB

/// Where the next page of a listing begins, as clients hand it back.
struct BlobMarker {
    /// The last name of the page before.
    let after: String

    init(after: String) { self.after = after }

    init(decoding text: String) throws(AzureError) {
        if text.isEmpty {
            after = ""
            return
        }
        guard text.hasPrefix("2!"), let bytes = Base64.decodeURL(String(text.dropFirst(2))),
            let name = String(validating: bytes, as: UTF8.self)
        else { throw .invalidQuery("marker", text) }
        after = name
    }

    var encoded: String { "2!" + Base64.encodeURL(Array(after.utf8)) }
}

/// A page of a container's blobs, with what stands beside them where that was asked for.
struct BlobPage {
    enum Entry {
        case blob(ObjectRecord, isCurrent: Bool)
        case prefix(String)
        /// A blob of which only blocks exist.
        case uncommitted(String)
    }

    private(set) var entries: [Entry] = []
    /// The last name told, where there is more.
    private(set) var next: String?

    init(
        _ reading: some StoreReading, _ query: ListQuery, withSnapshots: Bool, withVersions: Bool,
        withUncommitted: Bool,
        withDeleted: ((ObjectRecord) -> Bool)?
    ) throws {
        let page = try reading.list(query)
        var names = page.entries.map(\.name)
        var uncommitted: [String] = []
        if withUncommitted {
            uncommitted = try reading.uncommittedNames(query, upTo: page.isTruncated ? names.last : nil)
            names += uncommitted
        }
        // Blobs without a current version are not in the walk along current ones.
        var aside: [ObjectRecord] = []
        if withSnapshots || withVersions || withDeleted != nil {
            aside = try reading.aside(query, upTo: page.isTruncated ? page.entries.last?.name : nil).filter {
                switch $0.kind {
                case .snapshot: withSnapshots
                case .object: withVersions
                case .deleted: withDeleted?($0) ?? false
                case .deletedSnapshot: withSnapshots && withDeleted?($0) ?? false
                case .deleteMarker: false
                }
            }
        }
        var waiting = aside[...]
        var blocks = uncommitted[...]
        func flush(before name: String?) {
            while let record = waiting.first, name.map({ !$0.precedes(record.key) }) ?? true {
                entries.append(.blob(record, isCurrent: false))
                waiting.removeFirst()
            }
            while let first = blocks.first, name.map({ first.precedes($0) }) ?? true {
                entries.append(.uncommitted(first))
                blocks.removeFirst()
            }
        }
        for entry in page.entries {
            flush(before: entry.name)
            switch entry {
            case .object(let record): entries.append(.blob(record, isCurrent: true))
            case .prefix(let prefix): entries.append(.prefix(prefix))
            }
        }
        flush(before: page.isTruncated ? page.entries.last?.name : nil)
        next = page.isTruncated ? page.entries.last?.name : nil
    }
}

extension StoreReading {
    /// Names of which only blocks exist.
    fileprivate func uncommittedNames(_ query: ListQuery, upTo last: String?) throws -> [String] {
        try String.fetchAll(
            database.cachedStatement(
                sql: """
                    SELECT DISTINCT key FROM block WHERE bucket = ? AND key >= ? AND key > ? AND key < ? AND NOT EXISTS
                    (SELECT 1 FROM object WHERE object.bucket = block.bucket AND object.key = block.key)
                    ORDER BY key LIMIT 5000
                    """),
            arguments: [query.bucket, query.prefix, query.after, last ?? query.prefix + "\u{10FFFF}"])
    }

    /// What stands beside the current blobs of a page, oldest first for each name.
    fileprivate func aside(_ query: ListQuery, upTo last: String?) throws -> [ObjectRecord] {
        try Row.fetchAll(
            database.cachedStatement(
                sql: """
                    SELECT * FROM version WHERE bucket = ? AND key >= ? AND key > ? AND key <= ?
                    ORDER BY key, version LIMIT 5000
                    """),
            arguments: [query.bucket, query.prefix, query.after, last ?? query.prefix + "\u{10FFFF}"]
        ).map(ObjectRecord.init)
            .filter { $0.key.commonPrefix(after: query.prefix, delimiter: query.delimiter) == nil }
    }
}
