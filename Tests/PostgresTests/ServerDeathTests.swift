import FunctionTesting
import Testing

@testable import Postgres

@Suite(.timeLimit(.minutes(2))) struct ServerDeathTests {
    @Test func `a server killed in mid-call is an error, and is found again when it is back`() async throws {
        let server = try await TemporaryPostgres.start()
        let postgres = Postgres(try PostgresConfiguration(url: server.url, poolSize: 2))
        defer { postgres.close() }
        try await postgres.execute("create table t (n int)")
        let call = Task { try await postgres.execute("select pg_sleep(600) as in_mid_call") }
        try await eventually {
            try await postgres.query(
                "select 1 from pg_stat_activity where state = 'active' and query like '%in_mid_call%' and pid <> pg_backend_pid()"
            ).count == 1
        }
        try await server.kill()
        let error = try await postgresError { _ = try await call.value }
        #expect(error.isConnectionLost, "\(error)")
        #expect(error.description.contains("Postgres"))

        // Callers who come while it is away wait for it.
        let early = Task { try await postgres.first("select 2", as: Int.self) }
        try await server.restart()
        #expect(try await early.value == 2)
        #expect(try await postgres.execute("insert into t values (1)") == 1)

        // Idle connections that died meanwhile are noticed before they are used.
        try await server.restart()
        for _ in 0..<4 { #expect(try await postgres.execute("insert into t values (1)") == 1) }
        try await server.stop()
    }

    @Test func `a server that is away is an error once the caller has waited long enough`() async throws {
        let server = try await TemporaryPostgres.start()
        try await server.shutDown()
        var configuration = try PostgresConfiguration(url: server.url)
        configuration.waitLimit = .milliseconds(300)
        let postgres = Postgres(configuration)
        let error = try await postgresError { try await postgres.execute("select 1") }
        guard case .cannotConnect(let reason, isTransient: true) = error else { throw error }
        #expect(reason.contains("Connection refused"))
        #expect(reason.contains("\(server.port)"))
    }

    @Test func `a transaction that the server took down is not committed`() async throws {
        try await withDatabase(poolSize: 2) { postgres in
            try await postgres.execute("create table t (n int)")
            let error = try await postgresError {
                try await postgres.transaction { transaction in
                    try await transaction.execute("insert into t values (1)")
                    let pid = try #require(try await transaction.first("select pg_backend_pid()", as: Int.self))
                    try await postgres.execute("select pg_terminate_backend(\(Int32(pid)))")
                    try await transaction.execute("insert into t values (2)")
                }
            }
            #expect(error.isConnectionLost, "\(error)")
            #expect(try await postgres.query("select * from t").isEmpty)
        }
    }

    @Test func `a connection lost before COMMIT answers leaves the outcome open`() async throws {
        try await withDatabase(poolSize: 2) { postgres in
            try await postgres.execute("create table t (n int)")
            let error = try await postgresError {
                try await postgres.transaction { transaction in
                    try await transaction.execute("insert into t values (1)")
                    let pid = try #require(try await transaction.first("select pg_backend_pid()", as: Int.self))
                    try await postgres.execute("select pg_terminate_backend(\(Int32(pid)), 5000)")
                }
            }
            #expect(error.isConnectionLost, "\(error)")
        }
    }
}
