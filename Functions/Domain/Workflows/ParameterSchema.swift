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

    /// What other providers call the same.
    private static let synonyms = [
        ["num_outputs", "num_images", "n", "batch_size", "batch_count"],
        ["prompt_strength", "strength", "denoising_strength", "denoise"],
        ["guidance", "guidance_scale", "cfg_scale", "cfg"],
        ["num_inference_steps", "steps"],
    ]

    /// Those of the parameters that this schema knows, by this name or what another provider calls the same, and would take; with
    /// the defaults of the others: what a fallback draws with.
    package func adopt(_ parameters: JSONObject) -> JSONObject {
        var adopted: JSONObject = [:]
        func take(_ value: JSON, as name: String) {
            guard adopted[name] == nil, let node = root.properties[name] else { return }
            var problems: [FieldError] = []
            node.check(node.completed(value), "", &problems)
            if problems.isEmpty { adopted[name] = value }
        }
        for member in parameters { take(member.value, as: member.name) }
        for names in Self.synonyms {
            for value in names.compactMap({ parameters[$0] }) { names.forEach { take(value, as: $0) } }
        }
        if let shape = PictureShape(of: parameters) {
            for (name, value) in shape.parameters(for: root.properties) { take(value, as: name) }
        }
        return root.completed(.object(adopted)).object ?? [:]
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
