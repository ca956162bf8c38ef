import FunctionRuntime
import JSON

/// One schema of a JSON Schema document: what its keywords demand.
struct SchemaNode: Sendable {
    /// Empty: any.
    var types: [SchemaType] = []
    var choices: [JSON]?
    var minimums: [SchemaBound] = []
    var maximums: [SchemaBound] = []
    var multiple: Double?
    var shortest: Int?
    var longest: Int?
    var pattern: String?
    var format: SchemaFormat?
    var fewest: Int?
    var most: Int?
    var isUnique = false
    /// Of the elements of an array; none or one.
    var items: [SchemaNode] = []
    var properties: [String: SchemaNode] = [:]
    /// The names in the order of the schema, for messages.
    var names: [String] = []
    var required: [String] = []
    /// Members that `properties` does not name.
    var others: SchemaOthers = .any
    var standard: JSON?

    var isObject: Bool { types == [.object] }

    /// The value with the defaults of the members that are absent, at every depth.
    func completed(_ value: JSON) -> JSON {
        switch value {
        case .object(var members):
            for name in names {
                guard let node = properties[name] else { continue }
                if let member = members[name] {
                    members[name] = node.completed(member)
                } else if let standard = node.standard {
                    members[name] = standard
                }
            }
            return .object(members)
        case .array(let elements):
            guard let node = items.first else { return value }
            return .array(elements.map(node.completed))
        default: return value
        }
    }

    /// Adds what is wrong with a value.
    ///
    /// - Parameter field: its name in errors: `parameters.size`, `parameters.tags.2`.
    func check(_ value: JSON, _ field: String, _ problems: inout [FieldError]) {
        func refuse(_ message: String) { problems.append(FieldError(field, message)) }
        if !types.isEmpty, !types.contains(where: { $0.admits(value) }) {
            return refuse("must be \(types.map(\.phrase).joined(separator: " or ")), not \(value.kind)")
        }
        if let choices, !choices.contains(where: { $0.equals(value) }) {
            let list = choices.map(\.text).joined(separator: ", ")
            return refuse(choices.count == 1 ? "must be \(list)" : "must be one of \(list)")
        }
        if let number = value.double { check(number: number, refuse) }
        if let text = value.string { check(text: text, refuse) }
        if let elements = value.array { check(elements: elements, field, &problems) }
        if let members = value.object { check(members: members, field, &problems) }
    }

    private func check(number: Double, _ refuse: (String) -> Void) {
        for minimum in minimums where minimum.isExclusive ? number <= minimum.value : number < minimum.value {
            refuse("must be \(minimum.isExclusive ? "more than" : "at least") \(minimum.text)")
        }
        for maximum in maximums where maximum.isExclusive ? number >= maximum.value : number > maximum.value {
            refuse("must be \(maximum.isExclusive ? "less than" : "at most") \(maximum.text)")
        }
        if let multiple {
            let quotient = number / multiple
            // 0.3 is a multiple of 0.1 to everybody but binary fractions.
            if !quotient.isFinite || (quotient - quotient.rounded()).magnitude > 1e-9 * max(1, quotient.magnitude) {
                refuse("must be a multiple of \(JSON.number(multiple).plain)")
            }
        }
    }

    private func check(text: String, _ refuse: (String) -> Void) {
        let length = text.unicodeScalars.count
        if let shortest, length < shortest { return refuse("must have at least \(shortest) characters") }
        if let longest, length > longest {
            return refuse("has \(length) characters; at most \(longest) are taken")
        }
        if let pattern, let expression = try? Regex(pattern), (try? expression.firstMatch(in: text)) == nil {
            refuse("must match the pattern \(pattern)")
        }
        if let format, !format.admits(text) { refuse("must be \(format.phrase)") }
    }

    private func check(elements: [JSON], _ field: String, _ problems: inout [FieldError]) {
        if let fewest, elements.count < fewest {
            problems.append(FieldError(field, "must have at least \(fewest) elements"))
        }
        if let most, elements.count > most {
            problems.append(FieldError(field, "has \(elements.count) elements; at most \(most) are taken"))
        }
        if isUnique, Set(elements).count < elements.count {
            problems.append(FieldError(field, "must not have the same element twice"))
        }
        guard let node = items.first else { return }
        for (index, element) in elements.enumerated() { node.check(element, "\(field).\(index)", &problems) }
    }

    private func check(members: JSONObject, _ field: String, _ problems: inout [FieldError]) {
        for name in required where members[name] == nil {
            problems.append(FieldError("\(field).\(name)", "is missing"))
        }
        for member in members {
            let name = "\(field).\(member.name)"
            if let node = properties[member.name] {
                node.check(member.value, name, &problems)
            } else {
                switch others {
                case .any: break
                case .like(let nodes): for node in nodes { node.check(member.value, name, &problems) }
                case .none:
                    let known = names.isEmpty ? "there are none" : "there are \(names.joined(separator: ", "))"
                    problems.append(FieldError(name, "is not known here; \(known)"))
                }
            }
        }
    }
}
