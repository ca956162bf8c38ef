import JSON

/// One keyword of a schema with its value, read as what it must be.
struct SchemaKeyword {
    let name: String
    let value: JSON
    /// Where it is, as a JSON pointer.
    let place: String

    func problem(_ message: String) -> SchemaProblem { SchemaProblem(place: place, message: message) }

    func number() throws(SchemaProblem) -> Double {
        guard let number = value.double, number.isFinite else { throw problem("must be a number") }
        return number
    }

    func positive() throws(SchemaProblem) -> Double {
        guard try number() > 0 else { throw problem("must be more than 0") }
        return try number()
    }

    func count() throws(SchemaProblem) -> Int {
        guard let count = value.int, count >= 0 else { throw problem("must be a whole number of at least 0") }
        return count
    }

    func flag() throws(SchemaProblem) -> Bool {
        guard let flag = value.bool else { throw problem("must be true or false") }
        return flag
    }

    func list() throws(SchemaProblem) -> [JSON] {
        guard let list = value.array, !list.isEmpty else { throw problem("must be a list that is not empty") }
        return list
    }

    func names() throws(SchemaProblem) -> [String] {
        guard let names = value.array?.map(\.string), !names.contains(nil) else {
            throw problem("must be a list of names")
        }
        return names.compactMap(\.self)
    }

    func types() throws(SchemaProblem) -> [SchemaType] {
        let names = value.string.map { [$0] } ?? value.array?.map { $0.string ?? "" } ?? []
        let types = names.compactMap(SchemaType.init)
        guard !types.isEmpty, types.count == names.count else {
            throw problem("must be one or more of \(SchemaType.allCases.map(\.rawValue).joined(separator: ", "))")
        }
        return types
    }

    func pattern() throws(SchemaProblem) -> String {
        guard let pattern = value.string, (try? Regex(pattern)) != nil else {
            throw problem("must be a regular expression")
        }
        return pattern
    }

    func format() throws(SchemaProblem) -> SchemaFormat {
        guard let format = value.string.flatMap(SchemaFormat.init) else {
            throw problem("must be one of \(SchemaFormat.allCases.map(\.rawValue).joined(separator: ", "))")
        }
        return format
    }

    func others() throws(SchemaProblem) -> SchemaOthers {
        if let flag = value.bool { return flag ? .any : .none }
        return .like([try SchemaNode(value, at: place)])
    }
}
