import JSON
import Testing

struct JSONWritingTests {
    @Test(
        arguments: [
            (JSON.null, "null"), (true, "true"), (-5, "-5"), (7, "7"), (.integer(.min), "-9223372036854775808"),
            (0.1, "0.1"), (2.0, "2.0"), (.number(.nan), "null"), (.number(.infinity), "null"), ("a", "\"a\""),
            ([], "[]"), ([1, "b", nil], "[1,\"b\",null]"), ([:], "{}"), (["b": 1, "a": [2]], "{\"b\":1,\"a\":[2]}"),
        ] as [(JSON, String)])
    func `writes the shortest text`(value: JSON, text: String) {
        #expect(value.text == text)
    }

    @Test func `escapes what must be and nothing else`() {
        let value: JSON = "quote\" back\\ line\n tab\t cr\r bs\u{8} ff\u{C} nul\0 us\u{1F} del\u{7F} é\u{2028}😀/"
        let text = #""quote\" back\\ line\n tab\t cr\r bs\b ff\f nul\u0000 us\u001f del\#u{7F} é\#u{2028}😀/""#
        #expect(value.text == text)
    }

    @Test(arguments: [0.1, -2.5e-300, 1.7976931348623157e308, .leastNonzeroMagnitude, 123456789.125, -0.0] as [Double])
    func `a number survives the round trip`(number: Double) throws {
        #expect(try JSON(parsing: JSON.number(number).serialized).double?.bitPattern == number.bitPattern)
    }

    @Test func `every scalar survives the round trip`() throws {
        var all = String.UnicodeScalarView()
        for code in stride(from: UInt32(0), through: 0x10FFFF, by: 97) { Unicode.Scalar(code).map { all.append($0) } }
        for code in UInt32(0)...0x2FF { Unicode.Scalar(code).map { all.append($0) } }
        let value = JSON.string(String(all))
        #expect(try JSON(parsing: value.serialized) == value)
    }
}
