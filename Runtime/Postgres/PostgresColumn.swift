/// The name and the type of a result's column.
package struct PostgresColumn: Sendable, Hashable {
    package let name: String
    package let type: PostgresType
}
