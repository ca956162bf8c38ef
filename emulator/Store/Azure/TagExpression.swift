/// A condition on tags: `"status" = 'done' AND @container = 'pictures'`
/// (https://learn.microsoft.com/rest/api/storageservices/find-blobs-by-tags#remarks).
struct TagExpression: Sendable {
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

    /// Alternatives of what must hold together.
    private let alternatives: [[Comparison]]

    /// The tags it speaks of.
    var names: Set<String> { Set(alternatives.joined().map(\.name)) }

    /// Nil for what is no such condition.
    ///
    /// - Parameter knowsContainers: whether `@container` may be compared, as in a search across containers.
    init?(_ text: String, knowsContainers: Bool = true) {
        var tokens = Self.tokens(text)[...]
        var alternatives: [[Comparison]] = [[]]
        while true {
            guard let name = tokens.popFirst().flatMap({ Self.name($0, knowsContainers) }),
                let test = tokens.popFirst(), ["=", "<>", ">", ">=", "<", "<="].contains(test),
                let value = tokens.popFirst(), value.hasPrefix("'"),
                value.dropFirst().unicodeScalars.allSatisfy(AzureTags.isAllowed)
            else { return nil }
            alternatives[alternatives.count - 1].append(
                Comparison(name: name, test: test, value: String(value.dropFirst())))
            guard let joint = tokens.popFirst() else { break }
            switch joint.uppercased() {
            case "AND": break
            case "OR": alternatives.append([])
            default: return nil
            }
        }
        self.alternatives = alternatives
    }

    /// A tag's name: in double quotes where it has other characters than letters, digits and underscores.
    private static func name(_ token: String, _ knowsContainers: Bool) -> String? {
        if token.hasPrefix("\"") { return String(token.dropFirst()) }
        if token == "@container" { return knowsContainers ? token : nil }
        let isPlain = token.unicodeScalars.allSatisfy {
            $0 == "_" || AzureTags.isAllowed($0) && !" +-./:=".unicodeScalars.contains($0)
        }
        return isPlain && !token.hasPrefix("'") ? token : nil
    }

    func holds(_ record: ObjectRecord, container: String) -> Bool {
        alternatives.contains { comparisons in
            comparisons.allSatisfy { comparison in
                comparison.holds(
                    comparison.name == "@container" ? container : record.fields["tag:" + comparison.name])
            }
        }
    }

    /// Words, quoted texts with their opening quote, and operators.
    private static func tokens(_ text: String) -> [String] {
        var tokens: [String] = []
        var rest = text[...]
        while let first = rest.first {
            if first == " " {
                rest.removeFirst()
            } else if first == "'" || first == "\"" {
                let body = rest.dropFirst().prefix { $0 != first }
                tokens.append(String(first) + body)
                rest = rest.dropFirst(body.count + 2)
            } else if "=<>".contains(first) {
                let operation = rest.prefix { "=<>".contains($0) }
                tokens.append(String(operation))
                rest = rest.dropFirst(operation.count)
            } else {
                let word = rest.prefix { !" =<>'\"".contains($0) }
                tokens.append(String(word))
                rest = rest.dropFirst(word.count)
            }
        }
        return tokens
    }
}
