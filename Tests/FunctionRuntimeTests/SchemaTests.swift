import FoundationEssentials
import FunctionRuntime
import JSON
import Testing

struct SchemaTests {
    enum Priority: String, Codable, CaseIterable { case high, low }
    struct Node: Codable {
        var name: String
        var children: [Node]
        var parent: [String: Node]?
    }
    struct Order: Codable {
        var id: UUID
        var prompt: String
        var priority: Priority?
        var at: Date
        var count: Int
        var ratio: Double?
        var flags: [Bool]
        var size: Size
        var anything: JSON?
        struct Size: Codable { var width: Int }
    }

    @Test func `properties, formats and what is required come from the type`() {
        let size: JSON = [
            "type": "object", "properties": ["width": ["type": "integer"]], "required": ["width"],
        ]
        #expect(
            Schema(of: Order.self).json == [
                "type": "object",
                "properties": [
                    "id": ["type": "string", "format": "uuid"], "prompt": ["type": "string"],
                    "priority": ["type": "string", "enum": ["high", "low"]],
                    "at": ["type": "string", "format": "date-time"], "count": ["type": "integer"],
                    "ratio": ["type": "number"], "flags": ["type": "array", "items": ["type": "boolean"]],
                    "size": size, "anything": [:],
                ],
                "required": ["id", "prompt", "at", "count", "flags", "size"],
            ])
    }

    @Test func `a type within itself ends the search`() {
        let schema = Schema(of: Node.self).json
        #expect(schema["properties"]?["children"] == ["type": "array", "items": [:]])
        #expect(schema["required"] == ["name", "children"])
    }

    @Test func `lists, maps and single values have their schemas`() {
        #expect(Schema(of: [String].self).json == ["type": "array", "items": ["type": "string"]])
        #expect(Schema(of: [String: Int].self).json == ["type": "object", "additionalProperties": ["type": "integer"]])
        #expect(Schema(of: Priority.self).json == ["type": "string", "enum": ["high", "low"]])
    }

    @Test func `bodies that are not JSON have no schema`() {
        #expect(Request<BodyStream>.schema == Schema())
        #expect(Response<RawBody>.schema == Schema())
        #expect(Request<Order>.schema == Schema(of: Order.self))
    }
}
