import Testing

@testable import Postgres

@Suite(.timeLimit(.minutes(1))) struct CancellationTests {
    /// Runs `body` in a task, and cancels it once the server works on a statement with `marker` in it.
    func cancel(
        _ postgres: Postgres, at marker: String, _ body: @escaping @Sendable () async throws -> Void
    ) async throws {
        let task = Task { try await body() }
        try await eventually {
            let running: SQL =
                "select 1 from pg_stat_activity where state = 'active' and pid <> pg_backend_pid() and query like \("%\(marker)%")"
            return try await postgres.query(running).count == 1
        }
        task.cancel()
        await #expect(throws: CancellationError.self) { try await task.value }
        let left: SQL =
            "select 1 from pg_stat_activity where state <> 'idle' and pid <> pg_backend_pid() and query like \("%\(marker)%")"
        try await eventually { try await postgres.query(left).isEmpty }
    }

    @Test func `cancelling the task cancels the statement at the server`() async throws {
        try await withDatabase(poolSize: 2) { postgres in
            try await cancel(postgres, at: "first_marker") {
                try await postgres.execute("select pg_sleep(600) as first_marker")
            }
            #expect(try await postgres.first("select 1", as: Int.self) == 1)
        }
    }

    @Test func `cancelling the task rolls its transaction back`() async throws {
        try await withDatabase(poolSize: 2) { postgres in
            try await postgres.execute("create table t (n int)")
            try await cancel(postgres, at: "second_marker") {
                try await postgres.transaction { transaction in
                    try await transaction.execute("insert into t values (1)")
                    try await transaction.execute("select pg_sleep(600) as second_marker")
                }
            }
            #expect(try await postgres.query("select * from t").isEmpty)
        }
    }

    @Test func `a transaction whose task was cancelled between statements does not commit`() async throws {
        try await withDatabase(poolSize: 2) { postgres in
            try await postgres.execute("create table t (n int)")
            let task = Task {
                try await postgres.transaction { transaction in
                    try await transaction.execute("insert into t values (1)")
                    withUnsafeCurrentTask { $0?.cancel() }
                }
            }
            await #expect(throws: CancellationError.self) { try await task.value }
            #expect(try await postgres.query("select * from t").isEmpty)
        }
    }

    @Test func `a cancelled task sends nothing`() async throws {
        try await withDatabase { postgres in
            try await postgres.execute("create sequence s")
            let task = Task {
                withUnsafeCurrentTask { $0?.cancel() }
                try await postgres.execute("select nextval('s')")
            }
            await #expect(throws: CancellationError.self) { try await task.value }
            #expect(try await postgres.first("select nextval('s')", as: Int.self) == 1)
        }
    }

    @Test func `a cancellation that comes late never hits the next statement`() async throws {
        try await withDatabase(poolSize: 1) { postgres in
            for _ in 0..<200 {
                let task = Task { try await postgres.execute("select 1") }
                async let next = postgres.first("select count(*) from generate_series(1, 100)", as: Int.self)
                task.cancel()
                _ = try? await task.value
                let count = try await next
                #expect(count == 100)
            }
        }
    }
}
