import JSON
import Testing

@testable import ProviderStandIns

struct WritingTests {
    @Test(arguments: [
        ("the old harbour at dawn, in oil", "Old Harbour at Dawn in Oil"), ("a FOX", "FOX"), ("", "Untitled"),
        ("of the and", "Untitled"), ("one two three four five six seven", "One Two Three Four Five Six"),
        ("an evening with", "Evening"), ("don't look — now!", "Don't Look Now"), ("夕焼けの港", "夕焼けの港"),
    ])
    func `a title is made of the first words that mean something`(text: String, title: String) {
        #expect(Wording(text).title == title)
    }

    @Test func `the same words make the same sentence`() {
        #expect(Wording("a fox").sentence == "A picture of fox.")
        #expect(Wording("snow, snow and a fox").sentence == "A picture of snow and fox.")
        #expect(Wording("").sentence == "A picture without a description.")
    }

    private static let wording = Wording("A calm lake below snowy mountains")

    private static let schemas: [(JSON, JSON)] = [
        (["type": "string"], "Calm Lake Below Snowy Mountains"),
        (["type": "STRING", "maxLength": 12], "Calm Lake"), (["type": "string", "maxLength": 3], "Cal"),
        (["type": "string", "maxLength": 2, "minLength": 2], "Ca"),
        (["type": "string", "minLength": 34], "Calm Lake Below Snowy Mountains..."),
        (["enum": ["stormy", "calm"]], "calm"), (["const": 7], 7), (["type": ["null", "boolean"]], true),
        (["type": "array", "items": ["type": "string"], "maxItems": 2], ["calm", "lake"]),
        (["type": "array", "items": ["type": "boolean"], "minItems": 4], [true, true, true, true]),
        (["anyOf": [["type": "null"], ["const": "x"]]], "x"), (["type": "null"], .null),
        (["type": "string", "format": "date"], "2026-01-01"),
        (["properties": ["description": [:]]], ["description": "A picture of calm, lake, below, snowy and mountains."]),
        (["$ref": "#/$defs/a", "$defs": ["a": ["const": "found"]]], "found"), (["$ref": "#/nowhere"], ""),
    ]

    @Test(arguments: schemas) func `a document obeys its schema`(schema: JSON, expected: JSON) {
        let answer = SchemaAnswer(schema, about: Self.wording).json
        if schema["$ref"] == "#/nowhere" {
            #expect(answer.string != nil)
        } else {
            #expect(answer == expected)
        }
    }

    @Test(
        arguments: [
            ["type": "integer", "minimum": 3, "maximum": 5], ["type": "integer", "exclusiveMinimum": 2, "maximum": 5],
            ["type": "number", "minimum": 3, "maximum": 5, "multipleOf": 0.5],
            ["type": "INTEGER", "minimum": 3, "maximum": 3],
            ["type": "integer", "minimum": 3, "exclusiveMaximum": 6],
        ] as [JSON])
    func `a number lies in its range`(schema: JSON) throws {
        for text in ["a", "b", "c", "d", "e"] {
            let number = try #require(SchemaAnswer(schema, about: Wording(text)).json.double)
            #expect((3...5).contains(number))
        }
    }

    @Test func `a schema that refers to itself comes to an end`() {
        let schema: JSON = [
            "$ref": "#/$defs/node",
            "$defs": [
                "node": [
                    "type": "object", "required": ["name"],
                    "properties": [
                        "name": ["type": "string"], "next": ["$ref": "#/$defs/node"],
                        "all": ["type": "array", "items": ["$ref": "#/$defs/node"]],
                    ],
                ]
            ],
        ]
        #expect(SchemaAnswer(schema, about: Self.wording).json["next"]?["name"] != nil)
        let bottomless: JSON = [
            "type": "object", "required": ["next"], "properties": ["next": ["$ref": "#"]],
        ]
        #expect(SchemaAnswer(bottomless, about: Self.wording).json["next"] != nil)
    }
}
