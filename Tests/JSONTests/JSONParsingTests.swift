import JSON
import Testing

struct JSONParsingTests {
    @Test(
        arguments: [
            ("null", JSON.null), ("true", true), (" false ", false), ("0", 0), ("-0", .number(-0.0)), ("-17", -17),
            ("9223372036854775807", .integer(.max)), ("-9223372036854775808", .integer(.min)),
            ("9223372036854775808", .number(9_223_372_036_854_775_808)), ("1.5", 1.5), ("1e3", 1000.0), ("2E-2", 0.02),
            ("1.0", 1.0), ("\"\"", ""), ("[]", []), ("{}", [:]), ("[1, [2], {\"a\": null}]", [1, [2], ["a": nil]]),
            ("\t{\"a\" :\r\n1 , \"b\":[ ] }\n", ["a": 1, "b": []]),
        ] as [(String, JSON)])
    func `reads every kind of value`(text: String, expected: JSON) throws {
        #expect(try JSON(parsing: text) == expected)
    }

    @Test(
        arguments: [
            (#""\"\\\/\b\f\n\r\t""#, "\"\\/\u{8}\u{C}\n\r\t"), (#""\u0041\u00e9\u20AC""#, "Aé€"),
            (#""\ud83d\ude00 and \uD83D\uDE00""#, "😀 and 😀"), (#""plain é \u0000 end""#, "plain é \0 end"),
            ("\"a\u{2028}b\u{2029}c\"", "a\u{2028}b\u{2029}c"), (#""\u2028""#, "\u{2028}"),
        ] as [(String, String)])
    func `reads every escape`(text: String, expected: String) throws {
        #expect(try JSON(parsing: text) == .string(expected))
    }

    @Test(
        arguments: [
            ("", JSONError.Reason.empty, 0), ("  ", .empty, 2), ("{", .unexpectedEnd, 1), ("\"abc", .unexpectedEnd, 4),
            ("[1,]", .unexpected(expected: "a value"), 3), ("[1 2]", .unexpected(expected: "',' or ']'"), 3),
            ("{\"a\" 1}", .unexpected(expected: "':'"), 5), ("{a:1}", .unexpected(expected: "a name in quotes"), 1),
            ("{\"a\":1,}", .unexpected(expected: "a name in quotes"), 7), ("nul", .unexpectedEnd, 3),
            ("nulL", .unexpected(expected: "null"), 3), ("1 2", .trailing, 2), ("01", .number, 0), ("-", .number, 0),
            ("1.", .number, 0), ("1e", .number, 0), (".5", .unexpected(expected: "a value"), 0),
            ("+1", .unexpected(expected: "a value"), 0), ("1e999", .numberOutOfRange, 0), (#""\x""#, .escape, 1),
            (#""\u12g4""#, .escape, 1), (#""\ud83d""#, .surrogate, 1), (#""\ude00""#, .surrogate, 1),
            (#""\ud83dA""#, .surrogate, 1), ("\"a\nb\"", .controlCharacter, 2),
            ("NaN", .unexpected(expected: "a value"), 0),
            (#"{"a":1,"b":2,"a":3}"#, .duplicate("a"), 13),
        ] as [(String, JSONError.Reason, Int)])
    func `names what is wrong and where`(text: String, reason: JSONError.Reason, offset: Int) {
        let error = #expect(throws: JSONError.self) { try JSON(parsing: text) }
        #expect(error?.reason == reason)
        #expect(error?.offset == offset)
    }

    @Test func `counts lines and columns from one`() {
        let error = #expect(throws: JSONError.self) { try JSON(parsing: "{\n  \"a\": 1,\n  \"b\": x\n}") }
        #expect(error?.line == 3)
        #expect(error?.column == 8)
        #expect(error?.description == "not JSON at line 3, column 8: expected a value")
    }

    @Test(
        arguments: [
            [0x22, 0xC3, 0x22], [0x22, 0xFF, 0x22], [0x22, 0xED, 0xA0, 0x80, 0x22], [0x22, 0xC0, 0x80, 0x22],
        ] as [[UInt8]])
    func `refuses what is not UTF-8`(bytes: [UInt8]) {
        let error = #expect(throws: JSONError.self) { try JSON(parsing: bytes) }
        #expect(error?.reason == .encoding)
        #expect(error?.offset == 1)
    }

    @Test func `refuses to go deeper than its limit`() throws {
        func nested(_ depth: Int) -> String {
            String(repeating: "[", count: depth) + String(repeating: "]", count: depth)
        }
        #expect(throws: Never.self) { try JSON(parsing: nested(128)) }
        let error = #expect(throws: JSONError.self) { try JSON(parsing: nested(129)) }
        #expect(error?.reason == .tooDeep(limit: 128))
        #expect(throws: JSONError.self) { try JSON(parsing: String(repeating: "[", count: 1_000_000)) }
        #expect(throws: JSONError.self) { try JSON(parsing: "[[]]".utf8, depthLimit: 1) }
    }

    @Test func `reads bytes that are not contiguous`() throws {
        #expect(try JSON(parsing: AnySequence(Array("[1]".utf8))) == [1])
    }
}
