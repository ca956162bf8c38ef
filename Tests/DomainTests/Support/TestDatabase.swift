import Domain
import FoundationEssentials
import FunctionTesting
import Postgres

/// A database of its own with the real migrations, applied by its owner and reached as a login that owns nothing and inherits
/// nothing: what production has.
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
    ///
    /// - Parameter waitLimit: how long the pool itself bridges an outage.
    static func make(on server: TemporaryPostgres, waitLimit: Duration = .seconds(10)) async throws -> Database {
        var configuration = try PostgresConfiguration(url: try await url(on: server), poolSize: 4)
        configuration.waitLimit = waitLimit
        return Database(Postgres(configuration))
    }

    private static func url(on server: TemporaryPostgres) async throws -> String {
        let url = try await server.createDatabase()
        let name = String(url.split(separator: "/").last ?? "")
        let superuser = Postgres(try PostgresConfiguration(url: url, poolSize: 1))
        for role in ["owner login createrole", "app login noinherit"] {
            try await superuser.execute(
                """
                do $$ begin create role \(raw: role); exception when duplicate_object or unique_violation then null; end $$
                """)
        }
        try await superuser.execute("alter database \(identifier: name) owner to owner")
        let owner = server.url(database: name, user: "owner")
        try await Migrations.apply(
            directory: migrations, to: Postgres(try PostgresConfiguration(url: owner, poolSize: 1)))
        try await superuser.execute("grant authenticated, service_role to app")
        return server.url(database: name, user: "app")
    }

    /// A new user.
    static func user(in database: Database) async throws -> UUID {
        let id = UUID.version7()
        try await database.asService("insert into users (id) values (\(id))")
        return id
    }
}
