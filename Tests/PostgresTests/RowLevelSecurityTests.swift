import JSON
import Testing

@testable import Postgres

@Suite(.timeLimit(.minutes(1))) struct RowLevelSecurityTests {
    /// A table that shows a user only their own rows, and a role that is subject to it.
    func withNotes(_ body: (Postgres, _ role: String) async throws -> Void) async throws {
        try await withDatabase(poolSize: 1) { postgres in
            let database = try #require(try await postgres.first("select current_database()", as: String.self))
            let role = "odd role's \"\(database)\""
            try await postgres.run([
                "create table notes (owner text, body text)",
                "alter table notes enable row level security",
                "create role \(identifier: role)",
                "grant select, insert on notes to \(identifier: role)",
                """
                create policy own on notes using (owner = current_setting('request.jwt.claims', true)::jsonb ->> 'sub')
                """,
                "insert into notes values ('ada', 'hers'), ('bob', 'his')",
            ])
            try await body(postgres, role)
        }
    }

    func options(_ role: String, _ subject: String) -> PostgresTransactionOptions {
        .init(role: role, claims: ["sub": .string(subject), "name": "it's \"quoted\" \\"])
    }

    @Test(arguments: [("ada", ["hers"]), ("bob", ["his"]), ("o'brien\"; reset role; --", [])])
    func `a user sees their own rows only`(subject: String, bodies: [String]) async throws {
        try await withNotes { postgres, role in
            let seen = try await postgres.transaction(options(role, subject)) { transaction in
                try await transaction.query("select body from notes", as: String.self)
            }
            #expect(seen == bodies)
            let results = try await postgres.transaction(options(role, subject), run: ["select body from notes"])
            let again = try results[0].map { row in try row[0, as: String.self] }
            #expect(again == bodies)
        }
    }

    @Test func `a row for somebody else is refused`() async throws {
        try await withNotes { postgres, role in
            let error = try await postgresError {
                try await postgres.transaction(options(role, "ada")) { transaction in
                    try await transaction.execute("insert into notes values ('bob', 'forged')")
                }
            }
            #expect(error.isInsufficientPrivilege)
        }
    }

    @Test func `role and claims end with the transaction`() async throws {
        try await withNotes { postgres, role in
            _ = try await postgres.transaction(options(role, "ada"), run: ["select 1"])
            _ = try? await postgres.transaction(options(role, "ada")) { try await $0.execute("select 1/0") }
            #expect(try await postgres.first("select current_user::text", as: String.self) == "postgres")
            let claims = try await postgres.first(
                "select current_setting('request.jwt.claims', true)", as: String?.self)
            #expect((claims ?? nil) ?? "" == "")
            #expect(try await postgres.query("select * from notes").count == 2)
        }
    }

    @Test func `nothing runs when the role cannot be taken on`() async throws {
        try await withNotes { postgres, _ in
            let error = try await postgresError {
                try await postgres.transaction(.init(role: "no such role")) { transaction in
                    _ = try? await transaction.execute("insert into notes values ('bob', 'forged')")
                    try await transaction.execute("insert into notes values ('bob', 'forged again')")
                }
            }
            #expect(error.sqlState == "25P02")
            #expect(try await postgres.query("select * from notes").count == 2)
        }
    }
}
