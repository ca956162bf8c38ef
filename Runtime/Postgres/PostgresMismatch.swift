/// Why a cell could not be read; the row adds the column's name and makes a `PostgresError` of it.
package enum PostgresMismatch: Error, Sendable, Equatable {
    /// The cell is NULL and the wanted type is not optional.
    case null
    /// The column's type is not one that the wanted type can be read from.
    case type
    /// The type fits and the value does not; a sentence fragment such as `"4294967296 does not fit Int32"`.
    case value(String)
}
