package import FunctionRuntime
package import JSON

/// The JSON Schema of a workflow's parameters: the part of draft 2020-12 that forms are made of
/// (https://json-schema.org/draft/2020-12/json-schema-validation).
///
/// `type`, `enum`, `const`, `minimum`, `maximum`, `exclusiveMinimum`, `exclusiveMaximum`, `multipleOf`, `minLength`, `maxLength`,
/// `pattern`, `format` (`uri`, `uuid`), `items`, `minItems`, `maxItems`, `uniqueItems`, `properties`, `required`,
/// `additionalProperties` and `default`; `$schema`, `title`, `description`, `examples` and `deprecated` say something to people.
/// Any other keyword is refused when the schema is read: one that were silently ignored would let through what it forbids.
package struct ParameterSchema: Sendable, Hashable {
    /// As it was written.
    package let json: JSON
    private let root: SchemaNode

    /// - Throws: `SchemaProblem` for a keyword that is not known, or has a value it cannot have.
    package init(_ json: JSON) throws(SchemaProblem) {
        self.json = json
        root = try SchemaNode(json, at: "")
        guard root.isObject else {
            throw SchemaProblem(place: "", message: "must be of the type object: it describes parameters by name")
        }
    }

    /// The parameters with the defaults of those that are absent.
    ///
    /// - Parameter field: what the parameters are called in errors.
    /// - Throws: `Failure.invalid` with an error for each parameter that does not fit.
    package func complete(_ parameters: JSONObject, field: String = "parameters") throws(Failure) -> JSONObject {
        let completed = root.completed(.object(parameters))
        var problems: [FieldError] = []
        root.check(completed, field, &problems)
        guard problems.isEmpty else { throw .invalid(problems) }
        return completed.object ?? parameters
    }

    /// Those of the parameters that this schema knows and would take, with the defaults of the others: what a fallback draws with.
    package func adopt(_ parameters: JSONObject) -> JSONObject {
        let known = parameters.filter { member in
            guard let node = root.properties[member.name] else { return false }
            var problems: [FieldError] = []
            node.check(node.completed(member.value), "", &problems)
            return problems.isEmpty
        }
        return root.completed(.object(JSONObject(known.map { ($0.name, $0.value) }))).object ?? [:]
    }

    /// The same schema with other choices for one parameter, in their order.
    ///
    /// - Returns: nil when there is no such parameter, or it has just these choices.
    package func offering(_ choices: [String], for parameter: String) -> ParameterSchema? {
        guard !choices.isEmpty, var schema = json.object, var properties = schema["properties"]?.object,
            var property = properties[parameter]?.object
        else { return nil }
        property["enum"] = .array(choices.map { .string($0) })
        if let standard = property["default"]?.string, !choices.contains(standard) { property["default"] = nil }
        properties[parameter] = .object(property)
        schema["properties"] = .object(properties)
        guard let changed = try? ParameterSchema(.object(schema)), changed != self else { return nil }
        return changed
    }

    package static func == (left: Self, right: Self) -> Bool { left.json == right.json }
    package func hash(into hasher: inout Hasher) { hasher.combine(json) }
}
