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
