import GRDB

/// What to list of all versions of a bucket's objects: by key, the newest version first.
struct VersionQuery: Sendable {
    var bucket: Int64
    var prefix = ""
    var delimiter = ""
    var afterKey = ""
    /// List what comes after this version of `afterKey`; empty: everything of that key is behind.
    var afterVersion = ""
    var limit: Int
}

/// A page of such a listing.
struct VersionPage: Sendable {
    enum Entry: Sendable {
        case version(ObjectRecord, isLatest: Bool)
        case prefix(String)

        var name: String {
            switch self {
            case .version(let record, _): record.key
            case .prefix(let prefix): prefix
            }
        }
    }

    var entries: [Entry] = []
    var isTruncated = false
}

extension StoreReading {
    func listVersions(_ query: VersionQuery) throws -> VersionPage {
        var page = VersionPage()
        guard query.limit > 0 else { return page }
        var key = query.prefix
        var version = Int64.max
        if !query.afterKey.isEmpty, !query.afterKey.precedes(key) {
            (key, version) = (query.afterKey, 0)
            if !query.afterVersion.isEmpty {
                let name = query.afterVersion == "null" ? nil : query.afterVersion
                version = try self.version(query.bucket, key, named: name)?.version ?? 0
            } else if let common = key.commonPrefix(after: query.prefix, delimiter: query.delimiter),
                common.utf8.elementsEqual(key.utf8), let next = common.scalarSuccessor
            {
                (key, version) = (next, .max)
            }
        }
        let end = query.prefix.scalarSuccessor
        var lastKey: String?
        if version != .max, version != 0 { lastKey = key }
        while true {
            let bound = end != nil && !query.prefix.isEmpty ? "AND key < ?" : ""
            let range = "bucket = ? AND key >= ? AND (key > ? OR version < ?) \(bound)"
            var arguments: StatementArguments = [query.bucket, key, key, version]
            if !bound.isEmpty { arguments += [end] }
            let rows = try rows(
                """
                SELECT * FROM object WHERE \(range) UNION ALL SELECT * FROM version WHERE \(range) AND kind < 2
                ORDER BY key, version DESC LIMIT ?
                """, arguments + arguments + [query.limit - page.entries.count + 1])
            var next: String?
            while let row = try rows.next() {
                if page.entries.count == query.limit {
                    page.isTruncated = true
                    return page
                }
                let record = try ObjectRecord(row)
                if let common = record.key.commonPrefix(after: query.prefix, delimiter: query.delimiter) {
                    page.entries.append(.prefix(common))
                    next = common.scalarSuccessor
                    if next == nil { return page }
                    break
                }
                let isLatest = lastKey.map { !$0.utf8.elementsEqual(record.key.utf8) } ?? true
                page.entries.append(.version(record, isLatest: isLatest))
                lastKey = record.key
            }
            guard let next else { return page }
            (key, version) = (next, .max)
        }
    }
}
