internal import CPostgres

/// What a statement returned: a random-access collection of rows, read where libpq put them and decoded when asked for.
package final class PostgresResult: @unchecked Sendable {
    // `@unchecked`: libpq allows concurrent reading of a result, and nothing is written to it after `init`.
    let handle: OpaquePointer

    /// The columns' names and types, in order.
    package let columns: [PostgresColumn]

    package let count: Int

    /// Takes `handle` over and frees it in the end.
    init(_ handle: OpaquePointer) {
        self.handle = handle
        count = Int(PQntuples(handle))
        columns = (0..<PQnfields(handle)).map { index in
            PostgresColumn(
                name: String(cString: PQfname(handle, index)),
                type: PostgresType(rawValue: PQftype(handle, index)))
        }
    }

    deinit {
        PQclear(handle)
    }

    /// How many rows the statement inserted, updated, deleted or returned.
    package var affected: Int {
        Int(String(cString: PQcmdTuples(handle))) ?? 0
    }

    /// The command tag, such as `INSERT 0 1` or `COMMIT`.
    package var command: String {
        String(cString: PQcmdStatus(handle))
    }
}

extension PostgresResult: RandomAccessCollection {
    package var startIndex: Int { 0 }
    package var endIndex: Int { count }

    package subscript(position: Int) -> PostgresRow {
        precondition(position >= 0 && position < count, "row \(position) of \(count)")
        return PostgresRow(result: self, index: position)
    }
}
