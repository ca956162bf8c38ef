/// A type that is read from a whole row: `try await postgres.query("select …", as: Job.self)`.
package protocol PostgresRowDecodable {
    init(row: PostgresRow) throws
}
