import FunctionRuntime
import JSON

/// A schema as it is written.
extension SchemaNode {
    /// Keywords that say something to people only.
    private static let annotations: Set = ["$schema", "title", "description", "examples", "deprecated"]

    /// - Parameter place: where this schema is, as a JSON pointer.
    /// - Throws: `SchemaProblem`.
    init(_ json: JSON, at place: String) throws(SchemaProblem) {
        guard let members = json.object else { throw SchemaProblem(place: place, message: "must be an object") }
        for member in members {
            let keyword = SchemaKeyword(name: member.name, value: member.value, place: "\(place)/\(member.name)")
            guard try read(keyword) || Self.annotations.contains(member.name) else {
                throw SchemaProblem(place: keyword.place, message: "is a keyword that is not supported")
            }
        }
        for name in required where properties[name] == nil {
            throw SchemaProblem(place: "\(place)/required", message: "names \"\(name)\", which is not described")
        }
        if let standard {
            var problems: [FieldError] = []
            check(standard, "default", &problems)
            if let first = problems.first {
                throw SchemaProblem(place: "\(place)/default", message: "does not fit its own schema: \(first.message)")
            }
        }
    }

    /// Takes one keyword over.
    ///
    /// - Returns: whether it is known.
    private mutating func read(_ keyword: SchemaKeyword) throws(SchemaProblem) -> Bool {
        switch keyword.name {
        case "type": types = try keyword.types()
        case "enum": choices = try keyword.list()
        case "const": choices = [keyword.value]
        case "default": standard = keyword.value
        case "minimum": minimums.append(SchemaBound(value: try keyword.number()))
        case "maximum": maximums.append(SchemaBound(value: try keyword.number()))
        case "exclusiveMinimum": minimums.append(SchemaBound(value: try keyword.number(), isExclusive: true))
        case "exclusiveMaximum": maximums.append(SchemaBound(value: try keyword.number(), isExclusive: true))
        case "multipleOf": multiple = try keyword.positive()
        case "minLength": shortest = try keyword.count()
        case "maxLength": longest = try keyword.count()
        case "pattern": pattern = try keyword.pattern()
        case "format": format = try keyword.format()
        case "items": items = [try SchemaNode(keyword.value, at: keyword.place)]
        case "minItems": fewest = try keyword.count()
        case "maxItems": most = try keyword.count()
        case "uniqueItems": isUnique = try keyword.flag()
        case "properties": try readProperties(keyword)
        case "required": required = try keyword.names()
        case "additionalProperties": others = try keyword.others()
        default: return false
        }
        return true
    }

    private mutating func readProperties(_ keyword: SchemaKeyword) throws(SchemaProblem) {
        guard let members = keyword.value.object else { throw keyword.problem("must be an object of schemas") }
        for member in members {
            properties[member.name] = try SchemaNode(member.value, at: "\(keyword.place)/\(member.name)")
            names.append(member.name)
        }
    }
}
