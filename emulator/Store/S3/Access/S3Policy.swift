import JSON

/// A bucket policy (https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucket-policies.html).
struct S3Policy {
    enum Decision { case allow, deny, none }

    private struct Statement {
        let allows: Bool
        /// Nil: everybody.
        let principals: [String]?
        let isNotPrincipal: Bool
        let actions: [String]
        let isNotAction: Bool
        let resources: [String]
        let isNotResource: Bool
        let conditions: [S3PolicyCondition]
    }

    private let statements: [Statement]

    /// - Throws: `MalformedPolicy`.
    init(parsing text: String) throws(S3Error) {
        guard let document = try? JSON(parsing: Array(text.utf8)), case .object = document else {
            throw Self.malformed("Policies must be valid JSON and the first byte must be '{'")
        }
        guard let list = document["Statement"] else { throw Self.malformed("Missing required field Statement") }
        let entries = if case .array(let entries) = list { entries } else { [list] }
        if entries.isEmpty { throw Self.malformed("Could not parse the policy: Statement is empty!") }
        var statements: [Statement] = []
        for entry in entries { statements.append(try Self.statement(entry)) }
        self.statements = statements
    }

    private static func statement(_ entry: JSON) throws(S3Error) -> Statement {
        guard let effect = entry["Effect"]?.string, effect == "Allow" || effect == "Deny" else {
            throw malformed("Invalid effect: \(entry["Effect"]?.string ?? "")")
        }
        guard let principal = entry["Principal"] ?? entry["NotPrincipal"] else {
            throw malformed("Missing required field Principal")
        }
        if effect == "Allow" && entry["Principal"] == nil {
            throw malformed("Allow with NotPrincipal is not allowed.")
        }
        guard let action = entry["Action"] ?? entry["NotAction"] else {
            throw malformed("Missing required field Action")
        }
        guard let resource = entry["Resource"] ?? entry["NotResource"] else {
            throw malformed("Missing required field Resource")
        }
        return Statement(
            allows: effect == "Allow", principals: principals(principal), isNotPrincipal: entry["Principal"] == nil,
            actions: strings(action), isNotAction: entry["Action"] == nil, resources: strings(resource),
            isNotResource: entry["Resource"] == nil, conditions: try conditions(entry["Condition"]))
    }

    private static func malformed(_ reason: String) -> S3Error { S3Error(400, "MalformedPolicy", reason) }

    /// Whether every resource it speaks of is the bucket or inside it.
    func concerns(_ bucket: String) -> Bool {
        statements.allSatisfy { statement in
            statement.resources.allSatisfy {
                let name = $0.hasPrefix("arn:aws:s3:::") ? $0.dropFirst(13) : $0[...]
                return name == bucket || name.hasPrefix(bucket + "/") || name == "*"
                    || Wildcard.matches(String(name.prefix { $0 != "/" }), bucket)
            }
        }
    }

    /// Whether it allows something to everybody, without a condition.
    var isPublic: Bool {
        statements.contains { $0.allows && $0.principals == nil && !$0.isNotPrincipal && $0.conditions.isEmpty }
    }

    func decide(_ question: S3PolicyQuestion) -> Decision {
        var decision = Decision.none
        for statement in statements {
            let isAction = statement.actions.contains {
                Wildcard.matches($0.lowercased(), question.action.lowercased())
            }
            let isResource = statement.resources.contains {
                let pattern = Self.substitute($0.hasPrefix("arn:") ? $0 : "arn:aws:s3:::" + $0, question)
                return Wildcard.matches(pattern, question.resource)
            }
            guard isAction != statement.isNotAction, isResource != statement.isNotResource,
                Self.matches(statement.principals, question.user) != statement.isNotPrincipal,
                statement.conditions.allSatisfy({ $0.holds(question) })
            else { continue }
            if !statement.allows { return .deny }
            decision = .allow
        }
        return decision
    }

    private static func matches(_ principals: [String]?, _ user: StoreUser?) -> Bool {
        guard let principals else { return true }
        guard let user else { return false }
        return principals.contains { principal in
            principal == user.id || principal == user.accessKey || principal.hasSuffix(":user/" + user.name)
                || principal.hasSuffix(":user/" + user.id) || principal.hasSuffix("::\(user.id):root")
        }
    }

    /// Puts the request's values in the place of `${aws:username}` and the like.
    static func substitute(_ text: String, _ question: S3PolicyQuestion) -> String {
        guard text.contains("${") else { return text }
        var result = ""
        var rest = text[...]
        while let mark = rest.firstIndex(of: "$") {
            result += rest[..<mark]
            rest = rest[mark...]
            guard rest.hasPrefix("${"), let end = rest.firstIndex(of: "}") else {
                result.append(rest.removeFirst())
                continue
            }
            let name = rest[rest.index(mark, offsetBy: 2)..<end]
            // `${*}`, `${?}` and `${$}` stand for the characters themselves.
            result += name.count == 1 ? String(name) : question.values(name.lowercased())?.first ?? ""
            rest = rest[rest.index(after: end)...]
        }
        return result + rest
    }

    // MARK: Reading

    private static func strings(_ value: JSON) -> [String] {
        if case .array(let values) = value { return values.compactMap(string) }
        return string(value).map { [$0] } ?? []
    }

    /// Conditions may hold numbers and truth values without quotes.
    private static func string(_ value: JSON) -> String? {
        switch value {
        case .string(let text): text
        case .integer(let number): String(number)
        case .bool(let isTrue): isTrue ? "true" : "false"
        default: nil
        }
    }

    private static func principals(_ value: JSON) -> [String]? {
        if value.string == "*" { return nil }
        let names = value["AWS"].map(strings) ?? value["CanonicalUser"].map(strings) ?? []
        return names.contains("*") ? nil : names
    }

    private static func conditions(_ value: JSON?) throws(S3Error) -> [S3PolicyCondition] {
        guard let tests = value?.object else { return [] }
        var conditions: [S3PolicyCondition] = []
        for test in tests {
            for line in test.value.object ?? [:] {
                conditions.append(
                    try S3PolicyCondition(operator: test.name, key: line.name, values: strings(line.value)))
            }
        }
        return conditions
    }
}
