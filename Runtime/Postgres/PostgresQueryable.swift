/// What runs statements: the pool (each call on a connection of its own), a connection, or a transaction.
package protocol PostgresQueryable: Sendable {
    /// Sends the statements together, in one round trip, and returns a result for each.
    ///
    /// Outside of a transaction they are one: all take effect, or none (unless one of them ends it, which is left to
    /// `transaction`).
    ///
    /// - Parameter timeout: how long the server may work on each of them; nil for no limit.
    /// - Throws: `PostgresError`; `CancellationError` once the task is cancelled, which also cancels the statement at the
    ///   server.
    func run(_ statements: [SQL], timeout: Duration?) async throws -> [PostgresResult]
}

extension PostgresQueryable {
    /// Sends the statements together, in one round trip.
    @discardableResult
    package func run(_ statements: [SQL]) async throws -> [PostgresResult] {
        try await run(statements, timeout: nil)
    }

    /// The rows that a statement returns.
    @discardableResult
    package func query(_ sql: SQL, timeout: Duration? = nil) async throws -> PostgresResult {
        try await run([sql], timeout: timeout)[0]
    }

    /// The rows that a statement returns, each as a `Row`.
    package func query<Row: PostgresRowDecodable>(
        _ sql: SQL, as _: Row.Type, timeout: Duration? = nil
    ) async throws -> [Row] {
        try await query(sql, timeout: timeout).map(Row.init(row:))
    }

    /// The values of the first column of the rows that a statement returns.
    package func query<Value: PostgresDecodable>(
        _ sql: SQL, as _: Value.Type, timeout: Duration? = nil
    ) async throws -> [Value] {
        try await query(sql, timeout: timeout).map { row in try row[0] }
    }

    /// The first row, if there is one.
    package func first(_ sql: SQL, timeout: Duration? = nil) async throws -> PostgresRow? {
        try await query(sql, timeout: timeout).first
    }

    /// The first row as a `Row`, if there is one.
    package func first<Row: PostgresRowDecodable>(
        _ sql: SQL, as _: Row.Type, timeout: Duration? = nil
    ) async throws -> Row? {
        try await first(sql, timeout: timeout).map(Row.init(row:))
    }

    /// The first column of the first row, if there is one.
    package func first<Value: PostgresDecodable>(
        _ sql: SQL, as _: Value.Type, timeout: Duration? = nil
    ) async throws -> Value? {
        try await first(sql, timeout: timeout).map { row in try row[0] }
    }

    /// Runs a statement for its effect.
    ///
    /// - Returns: how many rows it inserted, updated or deleted.
    @discardableResult
    package func execute(_ sql: SQL, timeout: Duration? = nil) async throws -> Int {
        try await query(sql, timeout: timeout).affected
    }
}
