import FoundationEssentials
import FunctionTesting
import Testing

@testable import Postgres

@Suite(.timeLimit(.minutes(1))) struct MigrationTests {
    /// A folder with these files, by name.
    func folder(_ files: [String: String]) throws -> TemporaryFolder {
        let folder = try TemporaryFolder(name: "migrations")
        try write(files, to: folder)
        return folder
    }

    func write(_ files: [String: String], to folder: TemporaryFolder) throws {
        for (name, text) in files { try Data(text.utf8).write(to: URL(filePath: folder.path + "/" + name)) }
    }

    @Test func `applies files in order, each once`() async throws {
        let folder = try folder([
            "0002_more.sql": "insert into t values (1); insert into t values (2);",
            "0001_table.sql": "create table t (n int); -- with a comment; and a semicolon", "readme.md": "not SQL",
        ])
        try await withDatabase { postgres in
            #expect(
                try await Migrations.apply(directory: folder.path, to: postgres) == ["0001_table.sql", "0002_more.sql"])
            #expect(try await Migrations.apply(directory: folder.path, to: postgres) == [])
            try write(["0010_later.sql": "insert into t values (3)"], to: folder)
            #expect(try await Migrations.apply(directory: folder.path, to: postgres) == ["0010_later.sql"])
            #expect(try await postgres.query("select n from t order by n", as: Int.self) == [1, 2, 3])
            let rows = try await postgres.query("select name from schema_migrations order by version", as: String.self)
            #expect(rows == ["0001_table.sql", "0002_more.sql", "0010_later.sql"])
        }
    }

    @Test func `any number of programs may apply at the same time`() async throws {
        let folder = try folder(["0001_a.sql": "create table t (n int)", "0002_b.sql": "insert into t values (1)"])
        try await withDatabase(poolSize: 8) { postgres in
            let path = folder.path
            try await withThrowingTaskGroup(of: Void.self) { group in
                for _ in 0..<8 { group.addTask { try await Migrations.apply(directory: path, to: postgres) } }
                try await group.waitForAll()
            }
            #expect(try await postgres.query("select n from t", as: Int.self) == [1])
        }
    }

    @Test func `a file that fails is undone, and named with its line`() async throws {
        let folder = try folder([
            "0001_good.sql": "create table good (n int)",
            "0002_bad.sql": "create table bad (n int);\n\ninsert into nowhere values (1);\n",
        ])
        try await withDatabase { postgres in
            let error = try await postgresError { try await Migrations.apply(directory: folder.path, to: postgres) }
            #expect(
                error.description.hasPrefix(
                    "the migration 0002_bad.sql:3 failed: Postgres: relation \"nowhere\" does not exist"))
            let tables: SQL = "select to_regclass('good') is not null and to_regclass('bad') is null"
            #expect(try await postgres.first(tables, as: Bool.self) == true)
            try write(["0002_bad.sql": "create table bad (n int)"], to: folder)
            #expect(try await Migrations.apply(directory: folder.path, to: postgres) == ["0002_bad.sql"])
        }
    }

    @Test(arguments: ["commit;", "create table t (n int); rollback;"])
    func `a file may not end its transaction`(text: String) async throws {
        let folder = try folder(["0001_ends.sql": text])
        try await withDatabase { postgres in
            let error = try await postgresError { try await Migrations.apply(directory: folder.path, to: postgres) }
            #expect(error.description.contains("0001_ends.sql ended the transaction"))
        }
    }

    @Test(
        arguments: [
            (["0001_a.sql": "select 2"], nil, "0001_a.sql was changed after it had been applied"),
            ([:], "0001_a.sql", "the database has the migration 0001_a.sql, and there is no such file"),
            (
                ["0001_renamed.sql": "select 1"], "0001_a.sql",
                "0001_a.sql has been applied and is now called 0001_renamed.sql"
            ),
            (["0002_late.sql": "select 1"], nil, "0002_late.sql comes before 0003_c.sql, which has been applied"),
            (["0001_b.sql": "select 1"], nil, "0001_a.sql and 0001_b.sql in"),
            (["04_short.sql": "select 1"], nil, "04_short.sql is not named as a migration is"),
            (["0004_Upper.sql": "select 1"], nil, "0004_Upper.sql is not named as a migration is"),
        ] as [([String: String], String?, String)])
    func `files that do not fit the database are named`(
        added: [String: String], removed: String?, message: String
    ) async throws {
        let folder = try folder(["0001_a.sql": "select 1", "0003_c.sql": "select 1"])
        try await withDatabase { postgres in
            try await Migrations.apply(directory: folder.path, to: postgres)
            if let removed { try FileManager.default.removeItem(atPath: folder.path + "/" + removed) }
            try write(added, to: folder)
            let error = try await postgresError { try await Migrations.apply(directory: folder.path, to: postgres) }
            #expect(error.description.contains(message), "\(error)")
        }
    }

    @Test func `a folder that is not there is named`() async throws {
        try await withDatabase { postgres in
            let error = try await postgresError {
                try await Migrations.apply(directory: "/nowhere/migrations", to: postgres)
            }
            #expect(error.description.hasPrefix("cannot read the migrations folder /nowhere/migrations"))
        }
    }
}
