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

    /// Makes the login that functions use: it owns nothing and inherits nothing, but may act as the roles of the migrations, as
    /// in production; a statement that forgets to change into one of them sees nothing.
    ///
    /// - Parameter url: the database as its owner sees it.
    /// - Returns: the login's name; nil when the migrations made no such roles, and functions act as the owner.
    /// - Throws: ``EmulatorError`` with what Postgres said.
    static func createLogin(at url: String) async throws -> String? {
        try await withPostgres(url) { postgres in
            let roles = try await postgres.query(
                "select rolname from pg_roles where rolname in ('authenticated', 'service_role')", as: String.self)
            guard roles.count == 2 else { return nil }
            if try await postgres.first("select 1 as one from pg_roles where rolname = 'functions'") == nil {
                try await postgres.execute("create role functions login noinherit")
            }
            try await postgres.execute("grant authenticated, service_role to functions")
            return "functions"
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
        let configuration = try PostgresConfiguration(url: url, poolSize: 1)
        do {
            let postgres = Postgres(configuration)
            let result = try await body(postgres)
            postgres.close()
            return result
        } catch PostgresError.cannotConnect(let reason, _) {
            throw EmulatorError(
                "the database \(configuration.redactedURL) cannot be reached: \(reason). Is it the right one (DATABASE_URL, --database)?"
            )
        } catch {
            throw EmulatorError("the database \(configuration.redactedURL) cannot be prepared: \(error)")
        }
    }
}
