import FunctionTesting
import Testing

@testable import Postgres

@Suite(.timeLimit(.minutes(1))) struct PoolTests {
    @Test func `opens connections up to its size and shares them`() async throws {
        try await withDatabase(poolSize: 3) { postgres in
            let sessions = try await withThrowingTaskGroup(of: Int.self, returning: Set<Int>.self) { group in
                for _ in 0..<30 {
                    group.addTask {
                        try #require(
                            try await postgres.first("select pg_backend_pid() from pg_sleep(0.005)", as: Int.self))
                    }
                }
                return try await group.reduce(into: []) { $0.insert($1) }
            }
            #expect((1...3).contains(sessions.count))
        }
    }

    @Test func `a caller who waited long enough learns that all connections are in use`() async throws {
        try await withDatabase(poolSize: 1, configure: { $0.waitLimit = .milliseconds(50) }) { postgres in
            try await postgres.withConnection { _ in
                let error = try await postgresError { try await postgres.execute("select 1") }
                #expect(error == .poolExhausted(poolSize: 1, waited: .milliseconds(50)))
                #expect(error.description.contains("all 1 are in use"))
            }
            #expect(try await postgres.first("select 1", as: Int.self) == 1)
        }
    }

    @Test func `a cancelled caller stops waiting, and costs the others nothing`() async throws {
        try await withDatabase(poolSize: 1) { postgres in
            try await postgres.withConnection { _ in
                let waiting = Task { try await postgres.execute("select 1") }
                waiting.cancel()
                await #expect(throws: CancellationError.self) { try await waiting.value }
            }
            #expect(try await postgres.first("select 1", as: Int.self) == 1)
        }
    }

    @Test func `a connection that was left in a transaction is not handed on`() async throws {
        try await withDatabase(poolSize: 1) { postgres in
            _ = try await postgres.withConnection { connection in try await connection.execute("begin") }
            // Its place is free at once, the server hears a moment later.
            #expect(try await postgres.first("select 1", as: Int.self) == 1)
            let left: SQL = """
                select 1 from pg_stat_activity where state = 'idle in transaction' and datname = current_database()
                """
            try await eventually { try await postgres.query(left).isEmpty }
        }
    }

    @Test func `aged connections are replaced`() async throws {
        try await withDatabase(poolSize: 1, configure: { $0.connectionLifetime = .zero }) { postgres in
            let pid: SQL = "select pg_backend_pid()"
            let first = try await postgres.first(pid, as: Int.self)
            #expect(try await postgres.first(pid, as: Int.self) != first)
        }
    }

    @Test func `a minimum of connections is opened at once`() async throws {
        let server = try await TemporaryPostgres.shared()
        let database = try await server.createDatabase()
        var configuration = try PostgresConfiguration(url: database + "?application_name=minimum", poolSize: 4)
        configuration.minimumPoolSize = 2
        let postgres = Postgres(configuration)
        defer { postgres.close() }
        let observer = Postgres(try PostgresConfiguration(url: server.url, poolSize: 1))
        defer { observer.close() }
        try await eventually {
            try await observer.query("select 1 from pg_stat_activity where application_name = 'minimum'").count == 2
        }
    }

    @Test func `a closed pool says so and closes its connections`() async throws {
        let server = try await TemporaryPostgres.shared()
        let database = try await server.createDatabase()
        let postgres = Postgres(try PostgresConfiguration(url: database + "?application_name=closed"))
        try await postgres.withConnection { connection in
            postgres.close()
            let one = try await connection.first("select 1", as: Int.self)
            #expect(one == 1)
        }
        #expect(try await postgresError { try await postgres.execute("select 1") } == .poolClosed)
        let observer = Postgres(try PostgresConfiguration(url: server.url, poolSize: 1))
        defer { observer.close() }
        try await eventually {
            try await observer.query("select 1 from pg_stat_activity where application_name = 'closed'").isEmpty
        }
    }

    @Test(arguments: [("nobody_here", "postgres", "nobody_here"), ("postgres", "no_such_database", "no_such_database")])
    func `a refusal by the server is not tried again`(user: String, database: String, named: String) async throws {
        let url = try await TemporaryPostgres.shared().url(database: database, user: user)
        let postgres = Postgres(try PostgresConfiguration(url: url))
        let error = try await postgresError { try await postgres.execute("select 1") }
        guard case .cannotConnect(let reason, isTransient: false) = error else { throw error }
        #expect(reason.contains(named))
    }

    @Test func `works over the Unix socket`() async throws {
        let url = try await TemporaryPostgres.shared().socketURL()
        let postgres = Postgres(try PostgresConfiguration(url: url))
        defer { postgres.close() }
        #expect(try await postgres.first("select inet_client_addr() is null", as: Bool.self) == true)
    }

    @Test func `TLS that the server does not have is asked for in vain`() async throws {
        let url = try await TemporaryPostgres.shared().url + "?sslmode=require"
        let postgres = Postgres(try PostgresConfiguration(url: url))
        let error = try await postgresError { try await postgres.execute("select 1") }
        #expect(error.description.contains("SSL"))
    }
}
