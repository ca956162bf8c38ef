import FunctionRuntime
import Postgres

/// The emulator's own work in a database: making it, and bringing it to the newest schema.
enum DatabaseSchema {
    /// Makes a database unless it is there.
    ///
    /// - Parameters:
    ///   - name: the database.
    ///   - url: another database of the same server.
    /// - Throws: ``EmulatorError`` with what Postgres said.
    static func create(_ name: String, at url: String) async throws {
        try await withPostgres(url) { postgres in
            let found = try await postgres.first("select 1 as one from pg_database where datname = \(name)")
            guard found == nil else { return }
            try await postgres.execute(SQL(raw: "create database \"\(name)\""))
        }
    }

    /// Applies the migrations of a folder that a database does not have yet.
    ///
    /// - Returns: the names of those that were applied, in order.
    /// - Throws: ``EmulatorError`` with the file and what Postgres said.
    static func migrate(_ url: String, from folder: String) async throws -> [String] {
        try await withPostgres(url) { postgres in
            try await Migrations.apply(directory: folder, to: postgres)
        }
    }

    private static func withPostgres<Result>(_ url: String, _ body: (Postgres) async throws -> Result) async throws
        -> Result
    {
        do {
            let postgres = Postgres(try PostgresConfiguration(url: url, poolSize: 1))
            let result = try await body(postgres)
            postgres.close()
            return result
        } catch {
            throw EmulatorError("the database cannot be prepared: \(error)")
        }
    }
}
