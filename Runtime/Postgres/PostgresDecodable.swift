/// A value that can be read from a column: `try row["id", as: UUID.self]`.
package protocol PostgresDecodable: Sendable {
    /// Reads the value.
    ///
    /// - Throws: `PostgresMismatch` when the cell is NULL, of another type, or out of range.
    init(postgres cell: PostgresCell) throws(PostgresMismatch)
}

extension PostgresDecodable where Self: RawRepresentable, RawValue: PostgresDecodable {
    package init(postgres cell: PostgresCell) throws(PostgresMismatch) {
        let raw = try RawValue(postgres: cell)
        guard let value = Self(rawValue: raw) else { throw .value("\"\(raw)\" is not one of its values") }
        self = value
    }
}

extension Optional: PostgresDecodable where Wrapped: PostgresDecodable {
    package init(postgres cell: PostgresCell) throws(PostgresMismatch) {
        self = cell.bytes == nil ? nil : try Wrapped(postgres: cell)
    }
}
