import Testing

@testable import Postgres

@Suite struct PostgresURLTests {
    @Test(arguments: [
        (
            "mysql://root:hunter2@db/app",
            "DATABASE_URL is not a Postgres URL: \"mysql://root:***@db/app\" (want postgres://user@host:port/name)"
        ),
        (
            "localhost:5432",
            "DATABASE_URL is not a Postgres URL: \"localhost:5432\" (want postgres://user@host:port/name)"
        ),
        ("", "DATABASE_URL is not a Postgres URL: \"\" (want postgres://user@host:port/name)"),
        (
            "root:hunter2@db",
            "DATABASE_URL is not a Postgres URL: \"root:***@db\" (want postgres://user@host:port/name)"
        ),
    ])
    func `what is not a Postgres URL is refused by name`(url: String, message: String) {
        #expect(throws: PostgresError.invalidConfiguration(message)) { try PostgresConfiguration(url: url) }
    }

    @Test(arguments: [
        "postgres://u:hunter2@h/d?colour=red", "postgres://u:hunter%zz2@h/d", "postgres://u:hunter2@[::1/d",
        "postgres://u@h/d?password=hunter2&colour=red", "postgres://u:hunter2@h:d?x",
    ])
    func `what libpq refuses is refused at once, without the password`(url: String) throws {
        let error = #expect(throws: PostgresError.self) { try PostgresConfiguration(url: url, name: "OTHER_URL") }
        let message = try #require(error).description
        #expect(message.hasPrefix("OTHER_URL is not a Postgres URL that libpq accepts: \"postgres://u"))
        #expect(!message.contains("hunter"))
        #expect(message.contains("***"))
    }

    @Test(arguments: [
        ("postgres://ada:secret@h:1/d", "postgres://ada:***@h:1/d"),
        ("postgres://ada:se@cr@et@h/d", "postgres://ada:***@h/d"),
        ("postgres://ada@h/d?password=secret&sslmode=require", "postgres://ada@h/d?password=***&sslmode=require"),
        ("postgresql://h/d", "postgresql://h/d"),
    ])
    func `a configuration prints its URL without the password`(url: String, redacted: String) throws {
        #expect(PostgresURL(url).redacted == redacted)
        #expect(!"\(try PostgresConfiguration(url: "postgres://a:secret@h/d"))".contains("secret"))
    }

    @Test func `pgbouncer=true turns prepared statements off and is not passed on`() throws {
        let pooled = try PostgresConfiguration(url: "postgres://h/d?pgbouncer=true&sslmode=require")
        #expect(!pooled.preparesStatements)
        #expect(pooled.url == "postgres://h/d?sslmode=require")
        #expect(try PostgresConfiguration(url: "postgres://h/d?pgbouncer=true").url == "postgres://h/d")
        #expect(try PostgresConfiguration(url: "postgres://h/d").preparesStatements)
    }
}
