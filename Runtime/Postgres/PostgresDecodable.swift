/// A value that can be read from a column: `try row["id", as: UUID.self]`.
package protocol PostgresDecodable: Sendable {
    /// Reads the value.
    ///
    /// - Throws: `PostgresMismatch` when the cell is NULL, of another type, or out of range.
    init(postgres cell: PostgresCell) throws(PostgresMismatch)
}

/// Why a cell could not be read; the row adds the column's name and makes a `PostgresError` of it.
package enum PostgresMismatch: Error, Sendable, Equatable {
    /// The cell is NULL and the wanted type is not optional.
    case null
    /// The column's type is not one that the wanted type can be read from.
    case type
    /// The type fits and the value does not; a sentence fragment such as `"4294967296 does not fit Int32"`.
    case value(String)
}

/// One cell of a result in the binary format: valid only during the call that it is passed to.
package struct PostgresCell {
    package let type: PostgresType
    /// Nil for NULL.
    package let bytes: UnsafeRawBufferPointer?

    /// The bytes of a cell that has one of `types`.
    func bytes(of types: PostgresType...) throws(PostgresMismatch) -> UnsafeRawBufferPointer {
        guard let bytes else { throw .null }
        guard types.contains(type) else { throw .type }
        return bytes
    }

    /// A fixed-size big-endian integer that fills the whole cell.
    func integer<Integer: FixedWidthInteger>(
        _: Integer.Type, in bytes: UnsafeRawBufferPointer
    ) throws(PostgresMismatch) -> Integer {
        guard bytes.count == MemoryLayout<Integer>.size else {
            throw .value("its value has \(bytes.count) bytes in place of \(MemoryLayout<Integer>.size)")
        }
        return Integer(bigEndian: bytes.loadUnaligned(as: Integer.self))
    }
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
