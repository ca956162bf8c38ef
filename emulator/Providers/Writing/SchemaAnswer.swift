import JSON

/// A JSON document that obeys a schema: JSON Schema (2020-12, as far as models' vendors take it) or the OpenAPI kind with its types
/// in capitals. What a text is about, its property's name says.
struct SchemaAnswer {
    private let root: JSON
    private let wording: Wording

    /// A schema may refer to itself: below this, only what is required is filled in.
    private static let depth = 8

    init(_ schema: JSON, about wording: Wording) {
        root = schema
        self.wording = wording
    }

    var json: JSON { value(root, name: "", 0) }

    private func value(_ schema: JSON, name: String, _ level: Int) -> JSON {
        if level > 2 * Self.depth { return .null }
        if let constant = schema["const"] { return constant }
        if let choices = schema["enum"]?.array, !choices.isEmpty { return choice(of: choices, name) }
        if let target = schema["$ref"]?.string { return value(resolve(target), name: name, level + 1) }
        for key in ["anyOf", "oneOf", "allOf"] {
            guard let kinds = schema[key]?.array else { continue }
            let kind = kinds.first { type(of: $0) != "null" } ?? kinds.first ?? .null
            return value(kind, name: name, level + 1)
        }
        switch type(of: schema) {
        case "object": return object(schema, level)
        case "array": return array(schema, name, level)
        case "integer":
            let number = number(schema, name).rounded(.up)
            return Int64(exactly: number).map { .integer($0) } ?? .number(number)
        case "number": return .number(number(schema, name))
        case "boolean": return true
        case "null": return .null
        default: return .string(text(schema, name))
        }
    }

    private func type(of schema: JSON) -> String {
        if let name = schema["type"]?.string { return name.lowercased() }
        if let names = schema["type"]?.array { return names.compactMap(\.string).first { $0 != "null" } ?? "null" }
        return schema["properties"] != nil ? "object" : schema["items"] != nil ? "array" : "string"
    }

    private func object(_ schema: JSON, _ level: Int) -> JSON {
        let required = Set((schema["required"]?.array ?? []).compactMap(\.string))
        var members: JSONObject = [:]
        for property in schema["properties"]?.object ?? [:]
        where level < Self.depth || required.contains(property.name) {
            members[property.name] = value(property.value, name: property.name, level + 1)
        }
        return .object(members)
    }

    private func array(_ schema: JSON, _ name: String, _ level: Int) -> JSON {
        let (least, most) = (schema["minItems"]?.int ?? 0, schema["maxItems"]?.int ?? 100)
        let count = max(0, min(max(level < Self.depth ? 3 : 0, least), most, 100))
        let items = schema["items"] ?? [:]
        // A list of plain texts is a list of words.
        let isPlain = type(of: items) == "string" && items["enum"] == nil && items["$ref"] == nil
        return .array(
            (0..<count).map { index in
                isPlain && wording.keywords.indices.contains(index)
                    ? .string(Self.fitted(wording.keywords[index], items))
                    : value(items, name: "\(name) \(index + 1)", level + 1)
            })
    }

    /// A number of its range that stays the same for the same words.
    private func number(_ schema: JSON, _ name: String) -> Double {
        let step = schema["multipleOf"]?.double ?? 1
        let low =
            schema["minimum"]?.double ?? schema["exclusiveMinimum"]?.double.map { $0 + step }
            ?? min(0, schema["maximum"]?.double ?? 0)
        let high = schema["maximum"]?.double ?? schema["exclusiveMaximum"]?.double.map { $0 - step } ?? low + 100
        guard high > low, step > 0, low.magnitude < 1e15, high.magnitude < 1e15 else {
            return low.isFinite ? low : 0
        }
        let steps = ((high - low) / step).rounded(.down)
        let chosen = Double(digest(name) % 1_000_003).truncatingRemainder(dividingBy: steps + 1)
        return low + chosen * step
    }

    private func text(_ schema: JSON, _ name: String) -> String {
        switch schema["format"]?.string {
        case "date": return "2026-01-01"
        case "date-time": return "2026-01-01T00:00:00Z"
        case "time": return "12:00:00Z"
        case "email": return "somebody@example.com"
        case "uri", "url": return "https://example.com/"
        case "uuid": return "00000000-0000-4000-8000-000000000000"
        default: break
        }
        let name = name.lowercased()
        let isLong = ["description", "caption", "summary", "text", "prompt", "reason", "sentence"].contains {
            name.contains($0)
        }
        return Self.fitted(isLong ? wording.sentence : wording.title, schema)
    }

    /// A text of the length a schema asks for, cut between words where that is possible.
    private static func fitted(_ text: String, _ schema: JSON) -> String {
        var text = text
        if let most = schema["maxLength"]?.int, text.unicodeScalars.count > most {
            var cut = String(String.UnicodeScalarView(text.unicodeScalars.prefix(max(0, most))))
            if let gap = cut.lastIndex(of: " ") { cut = String(cut[..<gap]) }
            text = cut
        }
        let least = schema["minLength"]?.int ?? 0
        let missing = min(max(0, least), 10_000) - text.unicodeScalars.count
        return missing > 0 ? text + String(repeating: ".", count: missing) : text
    }

    private func choice(of choices: [JSON], _ name: String) -> JSON {
        // One that the words speak of, else any.
        choices.first { $0.string.map { wording.keywords.contains($0.lowercased()) } ?? false }
            ?? choices[Int(digest(name) % UInt64(choices.count))]
    }

    private func digest(_ name: String) -> UInt64 {
        RandomSource.digest((name + wording.keywords.joined(separator: " ")).utf8)
    }

    /// What `#/$defs/name` refers to.
    private func resolve(_ target: String) -> JSON {
        var place = root
        for step in target.split(separator: "/").dropFirst() { place = place[String(step)] ?? .null }
        return place
    }
}
