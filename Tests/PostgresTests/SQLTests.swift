import FoundationEssentials
import Testing

@testable import Postgres

@Suite struct SQLTests {
    @Test func `interpolated values become numbered parameters`() {
        let id = 7
        let name = "a'; drop table jobs; --"
        let sql: SQL = "select * from jobs where id = \(id) and name = \(name)"
        #expect(sql.text == "select * from jobs where id = $1 and name = $2")
        #expect(sql.parameters.map(\.value) == [.bytes([0, 0, 0, 0, 0, 0, 0, 7]), .bytes(Array(name.utf8))])
        #expect(sql.parameters.map(\.type) == [.int8, .inferred])
    }

    @Test func `a statement inside a statement brings its parameters along`() {
        let condition: SQL = "owner = \("ada") and size > \(10)"
        let sql: SQL = "select \(1) where \(condition) limit \(5)"
        #expect(sql.text == "select $1 where owner = $2 and size > $3 limit $4")
        #expect(sql.parameters.count == 4)
    }

    @Test func `parts are joined with a separator between them`() {
        let parts: [SQL] = ["a = \(1)", "b = \(2)", "c = \(3)"]
        #expect(parts.joined(separator: " and ").text == "a = $1 and b = $2 and c = $3")
        #expect([SQL]().joined(separator: ", ").text == "")
    }

    @Test func `raw text and identifiers are inserted, identifiers quoted`() {
        let sql: SQL = "select * from \(identifier: "odd\"name") order by \(raw: "id desc")"
        #expect(sql.text == "select * from \"odd\"\"name\" order by id desc")
        #expect(sql.parameters.isEmpty)
    }

    @Test func `nil is a typed NULL`() {
        let id: UUID? = nil
        let sql: SQL = "select \(id)"
        #expect(sql.parameters == [PostgresParameter(type: .uuid, value: .null)])
    }

    @Test func `a prepared statement is the same only with the same text and types`() throws {
        let key = { (sql: SQL) throws in StatementCache.Key(try PostgresStatement(sql)) }
        #expect(try key("select \(1)") == key("select \(2)"))
        #expect(try key("select \(1)") != key("select \("1")"))
        #expect(try key("select \(1)") != key("select  \(1)"))
    }

    @Test func `the least recently used statement leaves a full cache`() throws {
        var cache = StatementCache(limit: 2)
        let keys = try ["a", "b", "c"].map { StatementCache.Key(try PostgresStatement(SQL(raw: $0))) }
        let first = cache.add(keys[0])
        let second = cache.add(keys[1])
        #expect(cache.name(for: keys[0]) == first)
        _ = cache.add(keys[2])
        #expect(cache.count == 2)
        #expect(cache.name(for: keys[1]) == nil)
        #expect(cache.name(for: keys[0]) == first)
        #expect(cache.takeDeallocations() == ["deallocate \(second)"])
        #expect(cache.takeDeallocations().isEmpty)
    }
}
