internal import CPostgres

/// One row of a result.
///
///     let id = try row["id", as: UUID.self]
///     let note: String? = try row["note"]
package struct PostgresRow: Sendable {
    let result: PostgresResult
    let index: Int

    package var columns: [PostgresColumn] { result.columns }

    /// The value of the column called `name`; NULL is read by an optional type only.
    ///
    /// - Throws: `PostgresError.unreadableColumn`, with the column, its type and the wanted one.
    package subscript<Value: PostgresDecodable>(_ name: String, as type: Value.Type = Value.self) -> Value {
        get throws(PostgresError) {
            try self[columnIndex(of: name), as: type]
        }
    }

    /// The value of a column by its place, from 0.
    ///
    /// - Throws: `PostgresError.unreadableColumn`, as by name.
    package subscript<Value: PostgresDecodable>(_ column: Int, as type: Value.Type = Value.self) -> Value {
        get throws(PostgresError) {
            guard columns.indices.contains(column) else {
                throw .unreadableColumn("there is no column \(column): the row has \(columns.count), counted from 0")
            }
            do {
                return try Value(postgres: cell(at: column))
            } catch {
                throw .unreadableColumn(Self.describe(error, of: columns[column], as: Value.self))
            }
        }
    }

    private func cell(at column: Int) -> PostgresCell {
        let (row, field) = (Int32(index), Int32(column))
        guard PQgetisnull(result.handle, row, field) == 0 else {
            return PostgresCell(type: columns[column].type, bytes: nil)
        }
        let start = UnsafeRawPointer(PQgetvalue(result.handle, row, field))
        let bytes = UnsafeRawBufferPointer(start: start, count: Int(PQgetlength(result.handle, row, field)))
        return PostgresCell(type: columns[column].type, bytes: bytes)
    }

    private func columnIndex(of name: String) throws(PostgresError) -> Int {
        guard let index = columns.firstIndex(where: { $0.name == name }) else {
            let names = columns.map(\.name).joined(separator: ", ")
            throw .unreadableColumn("there is no column \"\(name)\" in the result (there are: \(names))")
        }
        guard !columns[(index + 1)...].contains(where: { $0.name == name }) else {
            throw .unreadableColumn("two columns of the result are called \"\(name)\": rename one of them with AS")
        }
        return index
    }

    private static func describe<Value>(
        _ mismatch: PostgresMismatch, of column: PostgresColumn, as _: Value.Type
    ) -> String {
        switch mismatch {
        case .null: "column \"\(column.name)\" is NULL and cannot be read as \(Value.self): read it as \(Value.self)?"
        case .type: "column \"\(column.name)\" is \(column.type) and cannot be read as \(Value.self)"
        case .value(let reason):
            "column \"\(column.name)\" (\(column.type)) cannot be read as \(Value.self): \(reason)"
        }
    }
}
