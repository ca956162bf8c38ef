import GRDB

/// What to list: current objects of a bucket in the order of their keys' bytes.
struct ListQuery: Sendable {
    var bucket: Int64
    var prefix = ""
    /// Keys that share the text up to its first occurrence after the prefix are told as one.
    var delimiter = ""
    /// List what comes after this key. A common prefix here skips everything under it.
    var after = ""
    /// List from this key on, itself included.
    var from = ""
    var limit: Int
}

/// A page of a listing.
struct ListPage: Sendable {
    enum Entry: Sendable {
        case object(ObjectRecord)
        case prefix(String)

        /// The key or the prefix: where the next page goes on.
        var name: String {
            switch self {
            case .object(let record): record.key
            case .prefix(let prefix): prefix
            }
        }
    }

    var entries: [Entry] = []
    var isTruncated = false
}

extension StoreReading {
    /// One page, found by seeking: its cost depends on what is in it, not on what is in the bucket.
    func list(_ query: ListQuery) throws -> ListPage {
        var page = ListPage()
        guard query.limit > 0 else { return page }
        let end = query.prefix.isEmpty ? nil : query.prefix.scalarSuccessor
        var start = Position(query)
        while true {
            let upperBound = end.map { _ in "AND key < ?" } ?? ""
            var arguments: StatementArguments = [query.bucket, start.key]
            if let end { arguments += [end] }
            arguments += [query.limit - page.entries.count + 1]
            let rows = try rows(
                """
                SELECT * FROM object WHERE bucket = ? AND key \(start.isIncluded ? ">=" : ">") ? \(upperBound)
                ORDER BY key LIMIT ?
                """, arguments)
            var skipTo: Position?
            while let row = try rows.next() {
                if page.entries.count == query.limit {
                    page.isTruncated = true
                    return page
                }
                let key: String = row[1]
                if let common = key.commonPrefix(after: query.prefix, delimiter: query.delimiter) {
                    page.entries.append(.prefix(common))
                    skipTo = common.scalarSuccessor.map { Position(key: $0, isIncluded: true) }
                    if skipTo == nil { return page }
                    break
                }
                page.entries.append(.object(try ObjectRecord(row)))
            }
            guard let skipTo else { return page }
            start = skipTo
        }
    }
}

/// Where a walk along the keys begins.
private struct Position {
    var key: String
    var isIncluded: Bool

    init(key: String, isIncluded: Bool) {
        self.key = key
        self.isIncluded = isIncluded
    }

    init(_ query: ListQuery) {
        self.init(key: query.prefix, isIncluded: true)
        if query.prefix.precedes(query.from) { key = query.from }
        guard !query.after.isEmpty, !query.after.precedes(key) else { return }
        let common = query.after.commonPrefix(after: query.prefix, delimiter: query.delimiter)
        if let common, common.utf8.elementsEqual(query.after.utf8), let next = common.scalarSuccessor {
            self.init(key: next, isIncluded: true)
        } else {
            self.init(key: query.after, isIncluded: false)
        }
    }
}

extension String {
    /// Whether the bytes of this text come before those of `other`; `<` would compare what the texts look like.
    func precedes(_ other: String) -> Bool { utf8.lexicographicallyPrecedes(other.utf8) }

    /// The least text greater than every text that begins with this one; nil when there is none.
    var scalarSuccessor: String? {
        var scalars = Array(unicodeScalars)
        while let last = scalars.popLast() {
            if last.value == 0x10FFFF { continue }
            let next = last.value == 0xD7FF ? 0xE000 : last.value + 1
            guard let scalar = Unicode.Scalar(next) else { continue }
            scalars.append(scalar)
            return String(String.UnicodeScalarView(scalars))
        }
        return nil
    }

    /// This key up to and including the first `delimiter` after `prefix`; nil where there is none.
    func commonPrefix(after prefix: String, delimiter: String) -> String? {
        guard !delimiter.isEmpty, utf8.starts(with: prefix.utf8) else { return nil }
        let wanted = delimiter.utf8
        var index = utf8.index(startIndex, offsetBy: prefix.utf8.count)
        while index < utf8.endIndex {
            if utf8[index] == wanted.first, utf8[index...].starts(with: wanted) {
                return String(utf8[..<utf8.index(index, offsetBy: wanted.count)])
            }
            index = utf8.index(after: index)
        }
        return nil
    }
}
