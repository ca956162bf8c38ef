import Domain
import FunctionRuntime
import JSON
import Testing

struct ParameterSchemaTests {
    /// One parameter `a` with a schema, a value, and what is said of it; nil: it fits.
    private static let values: [(JSON, JSON, String?)] = [
        (["type": "string"], "x", nil), (["type": "string"], 1, "must be a text, not number"),
        (["type": "integer"], 1, nil), (["type": "integer"], .number(1), nil),
        (["type": "integer"], .number(1.5), "must be a whole number, not number"),
        (["type": "integer"], .number(1e300), nil),
        (["type": "number"], 1, nil), (["type": "number"], .number(1.5), nil),
        (["type": "boolean"], true, nil), (["type": "boolean"], "true", "must be true or false, not string"),
        (["type": "null"], nil, nil), (["type": "string"], nil, "must be a text, not null"),
        (["type": ["string", "null"]], nil, nil),
        (["type": ["string", "null"]], 1, "must be a text or null, not number"),
        (["type": "array"], [], nil), (["type": "object"], [:], nil), ([:], ["anything"], nil),
        (["enum": ["a", 1]], 1, nil), (["enum": ["a", 1]], .number(1), nil),
        (["enum": ["a", 1]], "b", "must be one of \"a\", 1"),
        (["const": "a"], "a", nil), (["const": "a"], "b", "must be \"a\""),
        (["minimum": 2], 2, nil), (["minimum": 2], 1, "must be at least 2"),
        (["maximum": 2], 2, nil), (["maximum": 2], 3, "must be at most 2"),
        (["exclusiveMinimum": 2], 2, "must be more than 2"), (["exclusiveMinimum": 2], 3, nil),
        (["exclusiveMaximum": 2], 2, "must be less than 2"), (["exclusiveMaximum": 2], 1, nil),
        (["minimum": 5, "exclusiveMinimum": 2], 4, "must be at least 5"), (["minimum": 2], "1", nil),
        (["multipleOf": 8], 64, nil), (["multipleOf": 8], 65, "must be a multiple of 8"),
        (["multipleOf": .number(0.1)], .number(0.3), nil),
        (["multipleOf": .number(0.1)], .number(0.35), "must be a multiple of 0.1"),
        (["minLength": 2], "ab", nil), (["minLength": 2], "a", "must have at least 2 characters"),
        (["maxLength": 2], "🦊🦊", nil), (["maxLength": 2], "abc", "has 3 characters; at most 2 are taken"),
        (["pattern": "^[a-z]+$"], "ab", nil), (["pattern": "^[a-z]+$"], "a1", "must match the pattern ^[a-z]+$"),
        (["pattern": "b"], "abc", nil),
        (["format": "uri"], "https://a.example/b?c", nil),
        (["format": "uri"], "a b", "must be an address such as https://example.com/picture.png"),
        (["format": "uuid"], "019a3c1e-0000-7000-8000-000000000000", nil), (["format": "uuid"], "7", "must be a UUID"),
        (["minItems": 1], [], "must have at least 1 elements"),
        (["maxItems": 1], [1, 2], "has 2 elements; at most 1 are taken"),
        (["uniqueItems": true], [1, 1], "must not have the same element twice"), (["uniqueItems": true], [1, 2], nil),
    ]

    @Test(arguments: values)
    func `every keyword lets through what it allows and names what it forbids`(
        schema: JSON, value: JSON, message: String?
    ) throws {
        let schema = try ParameterSchema(["type": "object", "properties": ["a": schema]])
        if let message {
            let failure = #expect(throws: Failure.self) { try schema.complete(["a": value]) }
            #expect(failure?.code == .invalid && failure?.errors == [FieldError("parameters.a", message)])
        } else {
            #expect(try schema.complete(["a": value]) == ["a": value])
        }
    }

    @Test func `every parameter that is wrong has its own error, at any depth`() throws {
        let schema = try ParameterSchema([
            "type": "object", "required": ["b"], "additionalProperties": false,
            "properties": [
                "a": ["type": "array", "items": ["type": "object", "properties": ["c": ["maximum": 3]]]],
                "b": ["type": "string"], "d": ["additionalProperties": ["type": "integer"]],
            ],
        ])
        let failure = #expect(throws: Failure.self) {
            try schema.complete(["a": [["c": 1], ["c": 4]], "d": ["x": 1, "y": "2"], "z": 1])
        }
        #expect(
            failure?.errors == [
                FieldError("parameters.b", "is missing"), FieldError("parameters.a.1.c", "must be at most 3"),
                FieldError("parameters.d.y", "must be a whole number, not string"),
                FieldError("parameters.z", "is not known here; there are a, b, d"),
            ])
    }

    @Test func `defaults stand in for what is absent, and satisfy what is required`() throws {
        let schema = try ParameterSchema([
            "type": "object", "required": ["a"],
            "properties": [
                "a": ["type": "integer", "default": 7],
                "b": ["type": "object", "properties": ["c": ["default": "x"]]],
                "l": ["items": ["properties": ["c": ["default": 1]]]],
            ],
        ])
        #expect(
            try schema.complete(["b": [:], "l": [[:]]]) == ["a": 7, "b": ["c": "x"], "l": [["c": 1]]])
        #expect(try schema.complete(["a": 8]) == ["a": 8])
    }

    private static let mistakes: [(JSON, String)] = [
        (["if": [:]], "/properties/a/if is a keyword that is not supported"),
        (["$ref": "#/x"], "/properties/a/$ref is a keyword that is not supported"),
        (["format": "email"], "/properties/a/format must be one of uri, uuid"),
        (
            ["type": "text"],
            "/properties/a/type must be one or more of null, boolean, integer, number, string, array, object"
        ),
        (["enum": []], "/properties/a/enum must be a list that is not empty"),
        (["minimum": "1"], "/properties/a/minimum must be a number"),
        (["multipleOf": 0], "/properties/a/multipleOf must be more than 0"),
        (["minLength": -1], "/properties/a/minLength must be a whole number of at least 0"),
        (["pattern": "("], "/properties/a/pattern must be a regular expression"),
        (["required": ["b"]], "/properties/a/required names \"b\", which is not described"),
        (["items": 1], "/properties/a/items must be an object"),
        (["uniqueItems": 1], "/properties/a/uniqueItems must be true or false"),
        (["maximum": 1, "default": 2], "/properties/a/default does not fit its own schema: must be at most 1"),
    ]

    @Test(arguments: mistakes)
    func `a schema that could not be enforced is refused when it is read`(schema: JSON, message: String) {
        let problem = #expect(throws: SchemaProblem.self) {
            try ParameterSchema(["type": "object", "properties": ["a": schema]])
        }
        #expect(problem?.description == message)
    }

    @Test func `a schema of something else than parameters is refused`() {
        #expect(throws: SchemaProblem.self) { try ParameterSchema(["type": "string"]) }
        #expect(throws: SchemaProblem.self) { try ParameterSchema([]) }
    }

    @Test func `a fallback takes over what it knows and would allow`() throws {
        let schema = try ParameterSchema([
            "type": "object", "additionalProperties": false,
            "properties": ["seed": ["type": "integer"], "steps": ["maximum": 4, "default": 2]],
        ])
        #expect(schema.adopt(["seed": 7, "steps": 50, "aspect_ratio": "1:1"]) == ["seed": 7, "steps": 2])
    }

    @Test(
        arguments: [
            // Replicate to fal.ai
            (
                ["num_outputs": 4, "aspect_ratio": "16:9", "prompt_strength": 0.3, "guidance": 5],
                ["num_images": 4, "image_size": "landscape_16_9", "strength": 0.3, "guidance_scale": 5]
            ),
            // to a picture of so many pixels
            (["aspect_ratio": "2:1"], ["width": 1448, "height": 724]),
            (["width": 256, "height": 512, "batch_size": 2], ["width": 256, "height": 512, "batch_count": 2]),
            // The nearest there is; what cannot be is left to the workflow.
            (["size": "1536x1024", "num_outputs": 9], ["aspect_ratio": "3:2"]),
            (["image_size": "portrait_4_3"], ["aspect_ratio": "3:4"]),
            (["aspect_ratio": "wide", "width": 0, "height": -1], [:]),
        ] as [(JSONObject, JSONObject)])
    func `a fallback is told in its own words`(_ asked: JSONObject, _ told: JSONObject) throws {
        let all: JSONObject = [
            "num_images": ["type": "integer", "maximum": 4], "batch_count": ["type": "integer", "maximum": 4],
            "image_size": ["enum": ["square_hd", "landscape_16_9", "portrait_4_3"]],
            "aspect_ratio": ["enum": ["1:1", "3:2", "3:4"]], "strength": ["type": "number"],
            "guidance_scale": ["type": "number"], "width": ["type": "integer", "minimum": 64, "multipleOf": 4],
            "height": ["type": "integer", "minimum": 64, "multipleOf": 4],
        ]
        let names = Set(told.map(\.name)).union(told.isEmpty ? ["width", "height", "aspect_ratio"] : [])
        let properties = JSONObject(all.filter { names.contains($0.name) }.map { ($0.name, $0.value) })
        let schema = try ParameterSchema(["type": "object", "properties": .object(properties)])
        let adopted = schema.adopt(asked)
        for name in names { #expect(adopted[name] == told[name], "\(name)") }
    }

    @Test func `choices are replaced, and a default that is none of them goes`() throws {
        let schema = try ParameterSchema([
            "type": "object", "properties": ["model": ["type": "string", "enum": ["a"], "default": "a"]],
        ])
        let changed = try #require(schema.offering(["b", "c"], for: "model"))
        #expect(changed.json["properties"]?["model"] == ["type": "string", "enum": ["b", "c"]])
        #expect(changed.offering(["b", "c"], for: "model") == nil)
        #expect(schema.offering(["b"], for: "nothing") == nil)
    }
}
