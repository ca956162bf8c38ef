import Domain
import FoundationEssentials
import FunctionTesting
import Postgres

/// A database of its own with the real migrations, reached as a login that is no superuser: what production has.
enum TestDatabase {
    static let migrations =
        #filePath.split(separator: "/").dropLast(4).reduce("") { "\($0)/\($1)" } + "/infra/migrations"

    static func make() async throws -> Database {
        let server = try await TemporaryPostgres.shared()
        return try await make(on: server)
    }

    /// Its address alone.
    static func url() async throws -> String {
        try await url(on: try await TemporaryPostgres.shared())
    }

    /// The same on a server that a test may kill.
    static func make(on server: TemporaryPostgres) async throws -> Database {
        Database(Postgres(try PostgresConfiguration(url: try await url(on: server), poolSize: 4)))
    }

    private static func url(on server: TemporaryPostgres) async throws -> String {
        let url = try await server.createDatabase()
        let superuser = Postgres(try PostgresConfiguration(url: url, poolSize: 1))
        try await superuser.run([
            """
            do $$ begin create role app login noinherit createrole; exception when duplicate_object or unique_violation then null; 
            end $$
            """,
            "do $$ begin execute format('alter database %I owner to app', current_database()); end $$",
        ])
        let name = String(url.split(separator: "/").last ?? "")
        let login = server.url(database: name, user: "app")
        try await Migrations.apply(
            directory: migrations, to: Postgres(try PostgresConfiguration(url: login, poolSize: 1)))
        return login
    }

    /// A new user.
    static func user(in database: Database) async throws -> UUID {
        let id = UUID.version7()
        try await database.asService("insert into users (id) values (\(id))")
        return id
    }
}
