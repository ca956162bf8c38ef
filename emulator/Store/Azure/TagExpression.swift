/// A condition on tags: `"status" = 'done' AND @container = 'pictures'`
/// (https://learn.microsoft.com/rest/api/storageservices/find-blobs-by-tags#remarks).
struct TagExpression: Sendable {
    /// What it is for; a search knows containers, a condition knows alternatives and inequality.
    enum Use {
        case search, condition
    }

    /// Why a text is no such condition.
    struct Problem: Error {
        /// Characters before what is wrong, counted from 1; nil: it is wrong as a whole.
        let position: Int?
        let reason: String

        /// As the service words it.
        var description: String {
            position.map { "Error parsing query at or near character position \($0): \(reason)" }
                ?? "Error parsing query: \(reason)"
        }
    }

    private struct Comparison: Sendable {
        let name: String
        let test: String
        let value: String

        func holds(_ actual: String?) -> Bool {
            // Nothing holds of a tag that is not there.
            guard let actual else { return false }
            return switch test {
            case "=": actual == value
            case "<>": actual != value
            case ">": value.precedes(actual)
            case ">=": !actual.precedes(value)
            case "<": actual.precedes(value)
            default: !value.precedes(actual)
            }
        }
    }

    private typealias Token = (text: String, position: Int)

    private static let container = "@container"
    /// A search may not speak of more tags than a blob can have.
    private static let nameLimit = 10

    /// Alternatives of what must hold together.
    private let alternatives: [[Comparison]]

    /// The tags it speaks of.
    var names: Set<String> { Set(alternatives.joined().map(\.name)).subtracting([Self.container]) }

    init(_ text: String, for use: Use) throws(Problem) {
        var tokens = Self.tokens(text)[...]
        var alternatives: [[Comparison]] = [[]]
        func next(_ what: String) throws(Problem) -> Token {
            guard let token = tokens.popFirst() else {
                throw Problem(position: text.count, reason: "unexpected end of the query, \(what) is missing")
            }
            return token
        }
        while true {
            let name = try Self.name(try next("a tag"), use)
            let test = try next("an operator")
            let isKnown = ["=", ">", ">=", "<", "<="].contains(test.text) || use == .condition && test.text == "<>"
            guard isKnown, name != Self.container || test.text == "=" else {
                throw Problem(position: test.position, reason: "unexpected operator '\(test.text)'")
            }
            let value = try Self.value(try next("a value"))
            alternatives[alternatives.count - 1].append(Comparison(name: name, test: test.text, value: value))
            guard let joint = tokens.popFirst() else { break }
            switch (joint.text.uppercased(), use) {
            case ("AND", _): break
            case ("OR", .condition): alternatives.append([])
            default: throw Problem(position: joint.position, reason: "unexpected '\(joint.text)'")
            }
        }
        self.alternatives = alternatives
        if use == .search, names.count > Self.nameLimit {
            throw Problem(position: nil, reason: "there can be at most \(Self.nameLimit) unique tags in a query")
        }
    }

    /// A tag's name: in double quotes where it has other characters than letters, digits and underscores.
    private static func name(_ token: Token, _ use: Use) throws(Problem) -> String {
        if token.text.hasPrefix("@") {
            guard token.text == container, use == .search else {
                throw Problem(position: token.position, reason: "unsupported parameter '\(token.text)'")
            }
            return container
        }
        let isQuoted = token.text.hasPrefix("\"")
        let name = isQuoted ? String(token.text.dropFirst()) : token.text
        let isPlain = name.unicodeScalars.allSatisfy {
            AzureTags.isAllowed($0) && (isQuoted || !" +-./:=".unicodeScalars.contains($0))
        }
        guard isPlain else {
            throw Problem(position: token.position, reason: "character not permitted in tag name or value")
        }
        // A condition on a name that no tag can have does not hold, that is all.
        guard use == .condition || (1...128).contains(name.utf8.count) else {
            throw Problem(position: token.position, reason: "tag must be between 1 and 128 characters in length")
        }
        return name
    }

    private static func value(_ token: Token) throws(Problem) -> String {
        guard token.text.hasPrefix("'") else {
            throw Problem(
                position: token.position, reason: "unexpected '\(token.text)', a value stands in single quotes")
        }
        let value = String(token.text.dropFirst())
        guard value.unicodeScalars.allSatisfy(AzureTags.isAllowed) else {
            throw Problem(position: token.position, reason: "character not permitted in tag name or value")
        }
        guard value.utf8.count <= 256 else {
            throw Problem(
                position: token.position, reason: "tag value must be between 0 and 256 characters in length")
        }
        return value
    }

    func holds(_ record: ObjectRecord, container: String) -> Bool {
        alternatives.contains { comparisons in
            comparisons.allSatisfy { comparison in
                comparison.holds(
                    comparison.name == Self.container ? container : record.fields["tag:" + comparison.name])
            }
        }
    }

    /// Words, quoted texts with their opening quote, and operators.
    private static func tokens(_ text: String) -> [Token] {
        var tokens: [Token] = []
        var rest = text[...]
        while let first = rest.first {
            let position = text.count - rest.count + 1
            if first == " " {
                rest.removeFirst()
            } else if first == "'" || first == "\"" {
                let body = rest.dropFirst().prefix { $0 != first }
                tokens.append((String(first) + body, position))
                rest = rest.dropFirst(body.count + 2)
            } else {
                let isSign = "=<>".contains(first)
                let word = rest.prefix { isSign ? "=<>".contains($0) : !" =<>'\"".contains($0) }
                tokens.append((String(word), position))
                rest = rest.dropFirst(word.count)
            }
        }
        return tokens
    }
}
