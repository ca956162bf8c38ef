import JSON
import Testing

@testable import Postgres

/// An error of a transaction's closure.
private struct Refused: Error {}

@Suite(.timeLimit(.minutes(1))) struct TransactionTests {
    func withTable(_ body: (Postgres) async throws -> Void) async throws {
        try await withDatabase { postgres in
            try await postgres.execute("create table t (n int primary key deferrable initially immediate)")
            try await body(postgres)
        }
    }

    func numbers(_ postgres: Postgres) async throws -> [Int] {
        try await postgres.query("select n from t order by n", as: Int.self)
    }

    @Test func `commits what the closure did, once it returns`() async throws {
        try await withTable { postgres in
            let seen = try await postgres.transaction { transaction in
                try await transaction.execute("insert into t values (1)")
                return try await numbers(postgres)
            }
            #expect(seen == [])
            #expect(try await numbers(postgres) == [1])
        }
    }

    @Test func `rolls back when the closure throws`() async throws {
        try await withTable { postgres in
            await #expect(throws: Refused.self) {
                try await postgres.transaction { transaction in
                    try await transaction.execute("insert into t values (1)")
                    throw Refused()
                }
            }
            let left = try await numbers(postgres)
            #expect(left == [])
            #expect(
                try await postgres.query("select 1 from pg_stat_activity where state like 'idle in transaction%'")
                    .isEmpty)
        }
    }

    @Test func `an error that the closure keeps to itself is no commit`() async throws {
        try await withTable { postgres in
            let error = try await postgresError {
                try await postgres.transaction { transaction in
                    try await transaction.execute("insert into t values (1)")
                    _ = try? await transaction.execute("select 1/0")
                }
            }
            #expect(error == .transactionAborted)
            #expect(try await numbers(postgres) == [])
        }
    }

    @Test func `a statement after a failed one says so`() async throws {
        try await withTable { postgres in
            let error = try await postgresError {
                try await postgres.transaction { transaction in
                    _ = try? await transaction.execute("select 1/0")
                    try await transaction.execute("insert into t values (1)")
                }
            }
            #expect(error.sqlState == "25P02")
        }
    }

    @Test func `a commit that fails is an error`() async throws {
        try await withTable { postgres in
            try await postgres.execute("insert into t values (1)")
            let error = try await postgresError {
                try await postgres.transaction { transaction in
                    try await transaction.execute("set constraints all deferred")
                    try await transaction.execute("insert into t values (1)")
                }
            }
            #expect(error.isUniqueViolation)
            #expect(try await numbers(postgres) == [1])
        }
    }

    @Test(arguments: ["commit", "rollback"])
    func `nothing runs outside of a transaction that a statement ended`(end: String) async throws {
        try await withTable { postgres in
            let error = try await postgresError {
                try await postgres.transaction { transaction in
                    try await transaction.execute(SQL(raw: end))
                    try await transaction.execute("insert into t values (1)")
                }
            }
            #expect(error == .transactionEnded)
            #expect(try await numbers(postgres) == [])
        }
    }

    @Test func `a transaction does not outlive its closure`() async throws {
        try await withTable { postgres in
            let escaped = try await postgres.transaction { $0 }
            #expect(
                try await postgresError { try await escaped.execute("insert into t values (1)") } == .transactionEnded)
        }
    }

    @Test func `a nested transaction undoes only itself`() async throws {
        try await withTable { postgres in
            try await postgres.transaction { transaction in
                try await transaction.execute("insert into t values (1)")
                await #expect(throws: PostgresError.self) {
                    try await transaction.transaction { inner in
                        try await inner.execute("insert into t values (2)")
                        try await inner.execute("insert into t values (1)")
                    }
                }
                try await transaction.transaction { inner in
                    try await inner.execute("insert into t values (3)")
                    await #expect(throws: Refused.self) {
                        try await inner.transaction { innermost in
                            try await innermost.execute("insert into t values (4)")
                            throw Refused()
                        }
                    }
                }
                await #expect(throws: Refused.self) { try await transaction.transaction { _ in throw Refused() } }
            }
            #expect(try await numbers(postgres) == [1, 3])
        }
    }

    @Test func `a nested transaction that swallowed an error is undone`() async throws {
        try await withTable { postgres in
            try await postgres.transaction { transaction in
                let error = try await postgresError {
                    try await transaction.transaction { inner in
                        try await inner.execute("insert into t values (1)")
                        _ = try? await inner.execute("select 1/0")
                    }
                }
                #expect(error == .transactionAborted)
                try await transaction.execute("insert into t values (2)")
            }
            #expect(try await numbers(postgres) == [2])
        }
    }

    @Test func `statements that overlap stay behind BEGIN`() async throws {
        try await withTable { postgres in
            _ = try? await postgres.transaction { transaction in
                try await withThrowingTaskGroup(of: Void.self) { group in
                    for number in 1...20 {
                        group.addTask { try await transaction.execute("insert into t values (\(number))") }
                    }
                    try await group.waitForAll()
                }
                throw Refused()
            }
            let left = try await numbers(postgres)
            #expect(left == [])
        }
    }

    @Test func `a whole transaction in one round trip commits, or leaves nothing`() async throws {
        try await withTable { postgres in
            let results = try await postgres.transaction(run: ["insert into t values (1)", "select n from t"])
            #expect(results.count == 2)
            #expect(try results[1][0][0, as: Int.self] == 1)
            let error = try await postgresError {
                try await postgres.transaction(run: ["insert into t values (2)", "insert into t values (1)"])
            }
            #expect(error.isUniqueViolation)
            #expect(try await numbers(postgres) == [1])
        }
    }

    @Test(arguments: PostgresTransactionOptions.Isolation.allCases)
    func `begins with the isolation that was asked for`(isolation: PostgresTransactionOptions.Isolation) async throws {
        try await withDatabase { postgres in
            try await postgres.transaction(.init(isolation: isolation, isReadOnly: true, timeout: .seconds(7))) {
                transaction in
                let settings: SQL = """
                    select current_setting('transaction_isolation') as isolation,
                        current_setting('transaction_read_only') as read_only, current_setting('statement_timeout') as timeout
                    """
                let row = try #require(try await transaction.first(settings))
                #expect(try row["isolation", as: String.self] == isolation.rawValue)
                #expect(try row["read_only", as: String.self] == "on")
                #expect(try row["timeout", as: String.self] == "7s")
            }
        }
    }

    @Test func `two transactions in each other's way: one is told to try again`() async throws {
        try await withTable { postgres in
            try await postgres.execute("insert into t values (1), (2)")
            let error = try await postgresError {
                try await postgres.transaction(.init(isolation: .repeatableRead)) { transaction in
                    _ = try await transaction.query("select n from t")
                    try await postgres.execute("update t set n = 10 where n = 1")
                    try await transaction.execute("update t set n = 11 where n = 1")
                }
            }
            #expect(error.isSerializationFailure)
        }
    }
}
