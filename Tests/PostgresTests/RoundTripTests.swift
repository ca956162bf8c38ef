import FoundationEssentials
import JSON
import Testing

@testable import Postgres

/// An enumeration of the application, stored as text or as an enumeration of Postgres.
enum Mood: String, PostgresCodable, PostgresArrayElement, CaseIterable { case sad, ok, happy }

/// A wrapper of another value.
struct JobID: RawRepresentable, PostgresCodable, Hashable { let rawValue: UUID }

@Suite struct RoundTripTests {
    /// Sends the values as parameters with a cast to the column type, and reads them back.
    func check<Value: PostgresCodable & Equatable>(_ values: [Value], as type: String) async throws {
        try await withSharedDatabase { postgres in
            for value in values {
                let back = try await postgres.first("select \(value)::\(raw: type)", as: Value.self)
                #expect(back == value)
            }
            let missing = try await postgres.first("select \(Value?.none)::\(raw: type)", as: Value?.self)
            #expect(missing == .some(nil))
        }
    }

    @Test func `integers`() async throws {
        try await check([0, 1, -1, Int.max, Int.min], as: "int8")
        try await check([0, Int64.max, Int64.min], as: "bigint")
        try await check([0, Int32.max, Int32.min], as: "int4")
        try await check([-32768, 32767], as: "int2")
    }

    @Test func `doubles, to the last bit`() async throws {
        try await check(
            [0, -0.0, 0.1, .pi, .greatestFiniteMagnitude, .leastNonzeroMagnitude, .infinity, -.infinity], as: "float8")
        try await check([0.5, -1.25], as: "float4")
        try await withSharedDatabase { postgres in
            let nan = try await postgres.first("select 'nan'::float8", as: Double.self)
            #expect(nan?.isNaN == true)
        }
    }

    @Test(
        arguments: [
            ("0", 0), ("1", 1), ("-12.5", -12.5), ("0.0001", 0.0001),
            ("123456789012345678.25", 123_456_789_012_345_678.25),
            ("1e30", 1e30), ("1e-30", 1e-30), ("10000", 10000), ("'-infinity'", -.infinity),
        ] as [(String, Double)])
    func `numerics are read as the nearest double`(literal: String, value: Double) async throws {
        try await withSharedDatabase { postgres in
            let read = try await postgres.first("select \(raw: literal)::numeric", as: Double.self)
            #expect(read == value)
        }
    }

    @Test func `booleans, text, identifiers and bytes`() async throws {
        try await check([true, false], as: "bool")
        try await check(["", "naïve 🎞️", "it's \"quoted\" \\ $1", String(repeating: "x", count: 100_000)], as: "text")
        try await check([UUID(), UUID()], as: "uuid")
        try await check([[], [0, 1, 255], [UInt8](repeating: 7, count: 1_000_000)] as [[UInt8]], as: "bytea")
        try await check([Data(), Data([0, 128, 255])], as: "bytea")
        try await check([JobID(rawValue: UUID())], as: "uuid")
    }

    @Test func `dates, to the microsecond`() async throws {
        let exact = Date(timeIntervalSinceReferenceDate: 785_000_000.123456)
        try await check([exact, Date(timeIntervalSince1970: 0), .distantPast, .distantFuture], as: "timestamptz")
        try await withSharedDatabase { postgres in
            let row = try await postgres.first("select extract(epoch from \(exact)) * 1000000 = 1763307200123456")
            #expect(try #require(row)[0, as: Bool.self])
        }
    }

    @Test func `JSON`() async throws {
        let values: [JSON] = [
            .null, true, 42, "text", [1, "two", nil], ["nested": ["é": [0.5, -1]], "empty": [:]],
        ]
        try await check(values, as: "jsonb")
        try await check(values, as: "json")
    }

    @Test func `enumerations, as text and as an enumeration of the database`() async throws {
        try await withSharedDatabase { postgres in
            try await postgres.execute("create type mood as enum ('sad', 'ok', 'happy')")
            for mood in Mood.allCases {
                #expect(try await postgres.first("select \(mood)::mood", as: Mood.self) == mood)
                #expect(try await postgres.first("select \(mood)::text", as: Mood.self) == mood)
            }
            let moods = try await postgres.first("select \([Mood.ok, .sad])::text[]::mood[]", as: [Mood].self)
            #expect(moods == [.ok, .sad])
        }
    }

    @Test func `arrays`() async throws {
        try await check([[], [1, -1, Int.max]], as: "int8[]")
        try await check([[Int32(1), 2]], as: "int4[]")
        try await check([["a", "", "b,\"c\"{}"]], as: "text[]")
        try await check([[true, false]], as: "bool[]")
        try await check([[0.5]], as: "float8[]")
        try await check([[UUID(), UUID()]], as: "uuid[]")
        try await check([[Date(timeIntervalSince1970: 1)]], as: "timestamptz[]")
        try await check([[["a": 1], .null]] as [[JSON]], as: "jsonb[]")
        try await check([[1, nil, 3]] as [[Int?]], as: "int8[]")
    }

    @Test func `an interval is exact`() async throws {
        try await withSharedDatabase { postgres in
            let row = try await postgres.first("select \(Duration.milliseconds(-90_500)) = interval '-90.5 seconds'")
            #expect(try #require(row)[0, as: Bool.self])
        }
    }

    @Test func `a string takes the type of its place`() async throws {
        try await withSharedDatabase { postgres in
            let id = "5d9d3b9c-7c5c-4f0e-9d6c-2b1f0a7e4c11"
            let sent = try await postgres.first("select \(id)::uuid", as: UUID.self)
            #expect(sent == UUID(uuidString: id))
            #expect(try await postgres.query("select 1 where '2020-01-01'::date = \("2020-01-01")").count == 1)
        }
    }

    @Test(arguments: [
        ("select 'x'::text as c", "column \"c\" is text and cannot be read as Int"),
        ("select null::int8 as c", "column \"c\" is NULL and cannot be read as Int: read it as Int?"),
        ("select now()::timestamp as c", "column \"c\" is timestamp and cannot be read as Int"),
        ("select '{1}'::int8[] as c", "column \"c\" is int8[] and cannot be read as Int"),
        ("select 1 as d", "there is no column \"c\" in the result (there are: d)"),
        ("select 1 as c, 2 as c", "two columns of the result are called \"c\": rename one of them with AS"),
    ])
    func `a mismatch names the column, its type and the wanted one`(sql: String, message: String) async throws {
        try await withSharedDatabase { postgres in
            let row = try #require(try await postgres.first(SQL(raw: sql)))
            #expect(throws: PostgresError.unreadableColumn(message)) { try row["c", as: Int.self] }
        }
    }

    @Test func `a value out of range or out of an enumeration is told`() async throws {
        try await withSharedDatabase { postgres in
            let row = try #require(try await postgres.first("select 4294967296 as big, 'angry' as mood"))
            #expect(
                throws: PostgresError.unreadableColumn(
                    "column \"big\" (int8) cannot be read as Int32: 4294967296 does not fit Int32")
            ) {
                try row["big", as: Int32.self]
            }
            #expect(
                throws: PostgresError.unreadableColumn(
                    "column \"mood\" (text) cannot be read as Mood: \"angry\" is not one of its values")
            ) {
                try row["mood", as: Mood.self]
            }
        }
    }

    @Test func `text with U+0000 is refused before it is sent`() async throws {
        try await withSharedDatabase { postgres in
            let error = try await postgresError { try await postgres.execute("select \(1), \("a\0b")::text") }
            #expect(
                error
                    == .invalidParameter("$2: a text value contains the character U+0000, which Postgres cannot store"))
            let array = try await postgresError { try await postgres.execute("select \(["a\0b"])") }
            #expect(array.description.contains("U+0000"))
        }
    }
}
