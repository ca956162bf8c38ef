import FoundationEssentials
import GRDB

extension ObjectStore {
    /// A table whose rows are sealed: with the columns that go into the seal beside the one that carries it.
    private struct SealedTable {
        let name: String
        let columns: [String]
        var carrier = "fields"
        /// What tells a row from the others.
        let label: [String]

        static let all = [
            SealedTable(name: "bucket", columns: ["owner", "modified", "revision"], label: ["name"]),
            SealedTable(name: "object", columns: record, label: ["bucket", "key"]),
            SealedTable(name: "version", columns: record, label: ["bucket", "key", "version"]),
            SealedTable(name: "upload", columns: ["id", "bucket", "key", "created"], label: ["id"]),
            SealedTable(
                name: "part", columns: ["upload", "number", "size", "etag", "modified", "segments"],
                label: ["upload", "number"]),
            SealedTable(
                name: "block", columns: ["bucket", "key", "name", "size", "modified", "etag"], carrier: "segments",
                label: ["bucket", "key", "name"]),
            SealedTable(name: "event", columns: ["consumer"], label: ["sequence"]),
        ]

        private static let record = [
            "bucket", "key", "version", "name", "kind", "size", "etag", "modified", "revision", "segments",
        ]
    }

    /// Looks at the structure of the database, and compares every row of metadata with its checksum.
    func verifyRows() throws -> [DamagedContent] {
        var damaged = try read { snapshot in
            try String.fetchAll(snapshot.database, sql: "PRAGMA integrity_check(100)").filter { $0 != "ok" }.map {
                DamagedContent(reason: $0, place: "metadata.sqlite")
            }
        }
        for table in SealedTable.all {
            do { damaged += try read { try Self.damaged(in: table, $0.database) } } catch let error as DatabaseError
                where error.resultCode == .SQLITE_CORRUPT
            {
                damaged.append(
                    DamagedContent(
                        reason: error.message ?? "it cannot be read", place: "metadata.sqlite, \(table.name)"))
            }
        }
        return damaged
    }

    private static func damaged(in table: SealedTable, _ database: Database) throws -> [DamagedContent] {
        let names = table.label + [table.carrier] + table.columns
        let rows = try Row.fetchCursor(database, sql: "SELECT \(names.joined(separator: ", ")) FROM \(table.name)")
        var damaged: [DamagedContent] = []
        while let row = try rows.next() {
            let values = Array(row.databaseValues)
            let column = Data.fromDatabaseValue(values[table.label.count]) ?? Data()
            let ends =
                table.carrier == "fields"
                ? column.withUnsafeBytes { FieldList.end(in: $0) } : column.count / 24 * 24
            guard !RowSeal.isIntact(column, ends: ends, Array(values[(table.label.count + 1)...])) else { continue }
            let label = values.prefix(table.label.count).map { String.fromDatabaseValue($0) ?? "\($0)" }
            damaged.append(
                DamagedContent(
                    reason: "it does not have the checksum it was stored with",
                    place: "metadata.sqlite, \(table.name) \(label.joined(separator: "/"))"))
        }
        return damaged
    }
}
