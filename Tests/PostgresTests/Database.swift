import FunctionTesting

@testable import Postgres

/// A fresh database on the server that all tests share, and a pool to it.
func withDatabase<Value>(
    poolSize: Int = 4, configure: (inout PostgresConfiguration) -> Void = { _ in },
    _ body: (Postgres) async throws -> Value
) async throws -> Value {
    let url = try await TemporaryPostgres.shared().createDatabase()
    var configuration = try PostgresConfiguration(url: url, poolSize: poolSize)
    configure(&configuration)
    let postgres = Postgres(configuration)
    defer { postgres.close() }
    return try await body(postgres)
}

/// A pool to the database that tests share which leave nothing behind: making one for each takes a while.
func withSharedDatabase<Value>(_ body: (Postgres) async throws -> Value) async throws -> Value {
    let postgres = Postgres(try PostgresConfiguration(url: try await TemporaryPostgres.shared().url, poolSize: 1))
    defer { postgres.close() }
    return try await body(postgres)
}

/// Asks until the answer is yes: for what the server does on its own time.
func eventually(_ condition: () async throws -> Bool) async throws {
    while try await !condition() {
        try await Task.sleep(for: .milliseconds(5))
    }
}

/// The error that `body` throws as a `PostgresError`.
func postgresError<Value>(_ body: () async throws -> Value) async throws -> PostgresError {
    do {
        _ = try await body()
    } catch let error as PostgresError {
        return error
    }
    throw NoError()
}

/// Nothing was thrown where something should have been.
struct NoError: Error {}
