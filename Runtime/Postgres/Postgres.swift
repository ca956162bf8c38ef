/// A pool of connections to one Postgres database.
///
///     let postgres = Postgres(try PostgresConfiguration(url: url, poolSize: 4))
///     let jobs = try await postgres.query("select * from jobs where owner = \(user)", as: Job.self)
///     try await postgres.transaction(.init(role: "authenticated", claims: ["sub": .string(user)])) { transaction in
///         try await transaction.execute("insert into jobs (id) values (\(id))")
///     }
///
/// Connections are opened when they are needed and replaced when they are lost; nothing is connected before the first use.
package final class Postgres: PostgresQueryable {
    private let pool: PostgresPool

    package init(_ configuration: PostgresConfiguration) {
        pool = PostgresPool(configuration)
    }

    package func run(_ statements: [SQL], timeout: Duration?) async throws -> [PostgresResult] {
        try await withConnection { connection in try await connection.run(statements, timeout: timeout) }
    }

    /// Lends a connection to `body` alone. What it leaves open (a transaction) costs the pool the connection.
    @discardableResult
    package func withConnection<Value>(_ body: (PostgresConnection) async throws -> Value) async throws -> Value {
        let member = try await pool.lease()
        defer { pool.release(member) }
        return try await body(member.connection)
    }

    /// Runs `body` in a transaction: committed when it returns, rolled back when it throws or its task is cancelled.
    ///
    /// - Throws: what `body` throws; `PostgresError` when the transaction cannot begin or commit. For
    ///   `isSerializationFailure` the caller may run it again.
    @discardableResult
    package func transaction<Value>(
        _ options: PostgresTransactionOptions = .init(), _ body: (PostgresTransaction) async throws -> Value
    ) async throws -> Value {
        try await withConnection { connection in
            let transaction = try PostgresTransaction(on: connection, options)
            do {
                let value = try await body(transaction)
                try await transaction.commit()
                return value
            } catch {
                await transaction.rollback()
                throw error
            }
        }
    }

    /// Runs the statements in a transaction of their own, from `BEGIN` to `COMMIT` in one round trip.
    ///
    /// - Returns: a result for each statement.
    @discardableResult
    package func transaction(
        _ options: PostgresTransactionOptions = .init(), run statements: [SQL]
    ) async throws -> [PostgresResult] {
        try await withConnection { connection in
            let transaction = try PostgresTransaction(on: connection, options)
            do {
                return try await transaction.runAndCommit(statements)
            } catch {
                await transaction.rollback()
                throw error
            }
        }
    }

    /// Closes the pool: idle connections now, the others when they come back. Later calls throw `poolClosed`.
    package func close() {
        pool.close()
    }
}
