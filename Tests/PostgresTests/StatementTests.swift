import Testing

@testable import Postgres

@Suite(.timeLimit(.minutes(1))) struct StatementTests {
    @Test func `an error carries everything the server said`() async throws {
        try await withDatabase { postgres in
            try await postgres.execute(
                "create table jobs (id int primary key, size int constraint positive check (size > 0))")
            #expect(try await postgres.execute("insert into jobs values (1, 1), (2, 2)") == 2)
            let unique = try await postgresError { try await postgres.execute("insert into jobs values (\(1), \(5))") }
            #expect(unique.isUniqueViolation)
            #expect(unique.sqlState == "23505")
            #expect(unique.constraint == "jobs_pkey")
            let text = unique.description
            #expect(text.contains("duplicate key value"))
            #expect(text.contains("Key (id)=(1) already exists."))
            #expect(text.contains("in: insert into jobs values ($1, $2)"))
            let check = try await postgresError { try await postgres.execute("insert into jobs values (3, -1)") }
            #expect(check.isCheckViolation)
            #expect(check.constraint == "positive")
            let hinted = try await postgresError { try await postgres.query("select sise from jobs") }
            #expect(hinted.description.contains("hint: "))
            #expect(hinted.sqlState == "42703")
        }
    }

    @Test func `a failed statement leaves the connection usable`() async throws {
        try await withDatabase(poolSize: 1) { postgres in
            for _ in 0..<3 {
                let division = try await postgresError { try await postgres.query("select 1/0") }
                #expect(division.sqlState == "22012")
                #expect(try await postgresError { try await postgres.query("selec 1") }.sqlState == "42601")
                #expect(try await postgres.first("select 1", as: Int.self) == 1)
            }
        }
    }

    @Test func `several statements make one round trip and stand or fall together`() async throws {
        try await withDatabase(poolSize: 1) { postgres in
            try await postgres.execute("create table t (n int primary key)")
            let results = try await postgres.run(["insert into t values (1)", "select n from t", "update t set n = 2"])
            #expect(results.map(\.affected) == [1, 1, 1])
            #expect(try results[1][0]["n", as: Int.self] == 1)
            let error = try await postgresError {
                try await postgres.run(["insert into t values (7)", "insert into t values (2)", "select 1"])
            }
            #expect(error.isUniqueViolation)
            #expect(try await postgres.query("select n from t", as: Int.self) == [2])
        }
    }

    @Test func `statements are prepared once a connection`() async throws {
        try await withDatabase(poolSize: 1) { postgres in
            for number in 1...5 {
                let next = try await postgres.first("select \(number) + 1", as: Int.self)
                #expect(next == number + 1)
            }
            let prepared: SQL = "select count(*) from pg_prepared_statements where statement like 'select $1 + 1'"
            #expect(try await postgres.first(prepared, as: Int.self) == 1)
        }
    }

    @Test func `no statement is prepared by name behind a pooler`() async throws {
        try await withDatabase(poolSize: 1, configure: { $0.preparesStatements = false }) { postgres in
            for number in 1...3 {
                let same = try await postgres.first("select \(number)", as: Int.self)
                #expect(same == number)
            }
            #expect(try await postgres.first("select count(*) from pg_prepared_statements", as: Int.self) == 0)
        }
    }

    @Test func `old prepared statements are dropped at the server too`() async throws {
        try await withDatabase(poolSize: 1, configure: { $0.preparedStatementLimit = 3 }) { postgres in
            for number in 1...20 { _ = try await postgres.query("select \(raw: "\(number)")") }
            let count = try #require(
                try await postgres.first("select count(*) from pg_prepared_statements", as: Int.self))
            #expect(count <= 4)
        }
    }

    @Test func `prepared statements that the server has lost are prepared again`() async throws {
        try await withDatabase(poolSize: 1) { postgres in
            #expect(try await postgres.first("select \(1)", as: Int.self) == 1)
            try await postgres.execute("deallocate all")
            #expect(try await postgres.first("select \(2)", as: Int.self) == 2)
            try await postgres.execute("deallocate all")
            let value = try await postgres.transaction { try await $0.first("select \(3)", as: Int.self) }
            #expect(value == 3)
        }
    }

    @Test func `a statement whose columns changed is prepared again`() async throws {
        try await withDatabase(poolSize: 1) { postgres in
            try await postgres.execute("create table t as select 1 as a")
            #expect(try await postgres.query("select * from t")[0].columns.count == 1)
            try await postgres.execute("alter table t add column b text default 'x'")
            #expect(try await postgres.query("select * from t")[0]["b", as: String.self] == "x")
        }
    }

    @Test func `a statement runs no longer than its timeout, and the next one as long as it likes`() async throws {
        try await withDatabase(poolSize: 1) { postgres in
            let error = try await postgresError {
                try await postgres.execute("select pg_sleep(60)", timeout: .milliseconds(50))
            }
            #expect(error.isStatementTimeout)
            #expect(try await postgres.first("select current_setting('statement_timeout')", as: String.self) == "0")
            let late = try await postgresError { try await postgres.execute("select pg_sleep(60)", timeout: .zero) }
            #expect(late.isStatementTimeout)
        }
    }

    @Test func `a large result is read in linear time`() async throws {
        try await withDatabase(poolSize: 1) { postgres in
            let rows = try await postgres.query("select n, 'row ' || n as label from generate_series(1, 200000) n")
            #expect(rows.count == 200_000)
            var sum = 0
            for row in rows { sum += try row["n", as: Int.self] }
            #expect(sum == 200_000 * 200_001 / 2)
            #expect(try rows[199_999]["label", as: String.self] == "row 200000")
            let wide = try await postgres.first("select repeat('x', 20000000)", as: String.self)
            #expect(wide?.utf8.count == 20_000_000)
        }
    }

    @Test func `many rows are sent as arrays`() async throws {
        try await withDatabase(poolSize: 1) { postgres in
            try await postgres.execute("create table t (n int8, s text)")
            let numbers = Array(1...50_000)
            let inserted = try await postgres.execute(
                "insert into t select * from unnest(\(numbers), \(numbers.map(String.init)))")
            #expect(inserted == 50_000)
        }
    }

    @Test func `COPY is refused, and only its own connection is lost`() async throws {
        try await withDatabase(poolSize: 1) { postgres in
            try await postgres.execute("create table t (n int)")
            _ = try await postgresError { try await postgres.execute("copy t from stdin") }
            #expect(try await postgres.first("select 1", as: Int.self) == 1)
        }
    }
}
