import FoundationEssentials
import FunctionRuntime
import JSON
import Testing

struct TypedJSONTests {
    enum Priority: String, Codable, CaseIterable { case high, normal, low }

    struct Size: Codable, Equatable {
        var width: UInt16
        var height: UInt16
    }

    struct Order: Codable, Equatable {
        var id: UUID
        var prompt: String
        var priority: Priority
        var sizes: [Size]
        var at: Date
        var weight: Double?
        var tags: [String: Int]?
        var raw: Data?
        var parameters: JSON?
    }

    private static let whole: JSON = [
        "id": "6f1e2d3c-4b5a-4798-8899-aabbccddeeff", "prompt": "a cat", "priority": "low",
        "sizes": [["width": 1, "height": 2]], "at": "2026-11-20T19:22:31.123Z", "weight": 1.5, "tags": ["a": 1],
        "raw": "AQI=", "parameters": ["z": [1, 2.5, nil, true], "a": "x"],
    ]

    @Test func `a value survives the round trip, member by member`() throws {
        let order = try TypedJSON.decode(Order.self, from: Self.whole)
        #expect(order.sizes == [Size(width: 1, height: 2)])
        #expect(order.raw == Data([1, 2]))
        #expect(try TypedJSON.encode(order).text == Self.whole.text)
    }

    @Test func `absent optional members stay absent`() throws {
        var json = Self.whole.object ?? [:]
        for name in ["weight", "tags", "raw", "parameters"] { json[name] = nil }
        let order = try TypedJSON.decode(Order.self, from: .object(json))
        #expect(order.weight == nil)
        #expect(try TypedJSON.encode(order) == .object(json))
    }

    @Test func `every field that is missing or wrong is named at once`() throws {
        let json: JSON = [
            "id": "x", "priority": "urgent", "sizes": [["width": 70000, "height": 1], ["width": "1"], 3],
            "at": "yesterday", "weight": "heavy",
        ]
        let failure = #expect(throws: Failure.self) { try TypedJSON.decode(Order.self, from: json) }
        #expect(failure?.code == .invalid)
        #expect(
            failure?.errors == [
                FieldError("id", "must be a UUID"), FieldError("prompt", "is missing"),
                FieldError("priority", "must be one of high, normal, low"),
                FieldError("sizes.0.width", "must be a whole number from 0 to 65535"),
                FieldError("sizes.1.width", "must be a whole number"), FieldError("sizes.1.height", "is missing"),
                FieldError("sizes.2", "must be an object"),
                FieldError("at", "must be a time such as 2026-11-20T19:22:31Z"),
                FieldError("weight", "must be a number"),
            ])
        #expect(failure?.message.contains("prompt is missing") == true)
    }

    @Test(arguments: [
        ("", "the body is empty"), ("{", "line 1, column 2"), ("[]", "must be an object"),
        ("null", "must be an object"),
    ])
    func `a body that is no object says so`(text: String, message: String) {
        let failure = #expect(throws: Failure.self) { try TypedJSON.decode(Order.self, from: Array(text.utf8)) }
        #expect(failure?.code == .invalid)
        #expect(failure?.message.contains(message) == true)
    }

    @Test func `a type that tries several forms is not reported for the first`() throws {
        struct Either: Decodable, Equatable {
            var number: Int?
            var text: String?
            init(from decoder: any Decoder) throws {
                let container = try decoder.container(keyedBy: CodingKeys.self)
                number = try? container.decode(Int.self, forKey: .value)
                text = try? container.decode(String.self, forKey: .value)
            }
            enum CodingKeys: String, CodingKey { case value }
        }
        let either = try TypedJSON.decode(Either.self, from: ["value": "x"])
        #expect(either.number == nil)
        #expect(either.text == "x")
    }

    @Test func `a number that is not finite cannot be written`() {
        #expect(throws: EncodingError.self) { try TypedJSON.encode([Double.nan]) }
    }

    @Test func `JSON goes through Codable unchanged`() throws {
        #expect(try TypedJSON.decode(JSON.self, from: Self.whole) == Self.whole)
        let bytes = try JSONEncoder().encode(Self.whole)
        #expect(try JSON(parsing: bytes) == Self.whole)
        #expect(try JSONDecoder().decode(JSON.self, from: Data(Self.whole.serialized)) == Self.whole)
    }
}
