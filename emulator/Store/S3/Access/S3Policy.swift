import JSON

/// A bucket policy (https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucket-policies.html).
struct S3Policy {
    enum Decision { case allow, deny, none }

    /// What is to be decided.
    struct Question {
        let user: StoreUser?
        let action: String
        let bucket: String
        let key: String
        let request: HTTPRequest
    }

    private struct Statement {
        let allows: Bool
        /// Nil: everybody.
        let principals: [String]?
        let isNotPrincipal: Bool
        let actions: [String]
        let isNotAction: Bool
        let resources: [String]
        let isNotResource: Bool
        let conditions: [(test: String, key: String, values: [String])]
    }

    private let statements: [Statement]

    /// - Throws: `MalformedPolicy`.
    init(parsing text: String) throws(S3Error) {
        func malformed(_ reason: String) -> S3Error { S3Error(400, "MalformedPolicy", reason) }
        guard let document = try? JSON(parsing: Array(text.utf8)), case .object = document else {
            throw malformed("Policies must be valid JSON and the first byte must be '{'")
        }
        guard let list = document["Statement"] else { throw malformed("Missing required field Statement") }
        let entries = if case .array(let entries) = list { entries } else { [list] }
        var statements: [Statement] = []
        for entry in entries {
            guard let effect = entry["Effect"]?.string, effect == "Allow" || effect == "Deny" else {
                throw malformed("Invalid effect: \(entry["Effect"]?.string ?? "")")
            }
            guard let principal = entry["Principal"] ?? entry["NotPrincipal"] else {
                throw malformed("Missing required field Principal")
            }
            guard let action = entry["Action"] ?? entry["NotAction"] else {
                throw malformed("Missing required field Action")
            }
            guard let resource = entry["Resource"] ?? entry["NotResource"] else {
                throw malformed("Missing required field Resource")
            }
            statements.append(
                Statement(
                    allows: effect == "Allow", principals: Self.principals(principal),
                    isNotPrincipal: entry["Principal"] == nil, actions: Self.strings(action),
                    isNotAction: entry["Action"] == nil, resources: Self.strings(resource),
                    isNotResource: entry["Resource"] == nil, conditions: Self.conditions(entry["Condition"])))
        }
        self.statements = statements
    }

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

    func decide(_ question: Question) -> Decision {
        let resource = "arn:aws:s3:::" + question.bucket + (question.key.isEmpty ? "" : "/" + question.key)
        var decision = Decision.none
        for statement in statements {
            let isAction = statement.actions.contains {
                Wildcard.matches($0.lowercased(), question.action.lowercased())
            }
            let isResource = statement.resources.contains {
                Wildcard.matches($0.hasPrefix("arn:") ? $0 : "arn:aws:s3:::" + $0, resource)
            }
            guard isAction != statement.isNotAction, isResource != statement.isNotResource,
                Self.matches(statement.principals, question.user) != statement.isNotPrincipal,
                statement.conditions.allSatisfy({ Self.holds($0, question) })
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

    private static func holds(_ condition: (test: String, key: String, values: [String]), _ question: Question) -> Bool
    {
        var test = condition.test.lowercased()
        let actual = value(condition.key.lowercased(), question)
        if test.hasSuffix("ifexists") {
            if actual == nil { return true }
            test = String(test.dropLast(8))
        }
        if test == "null" { return condition.values.contains(actual == nil ? "true" : "false") }
        let isNegated = test.contains("not")
        guard let actual else { return isNegated }
        let matches = condition.values.contains { wanted in
            if test.contains("like") { return Wildcard.matches(wanted, actual) }
            if test.contains("ipaddress") { return IPAddressRange(wanted)?.contains(actual) ?? false }
            if test.contains("numeric"), let wanted = Double(wanted), let actual = Double(actual) {
                if test.contains("lessthanequals") { return actual <= wanted }
                if test.contains("lessthan") { return actual < wanted }
                if test.contains("greaterthanequals") { return actual >= wanted }
                if test.contains("greaterthan") { return actual > wanted }
                return actual == wanted
            }
            return test.contains("ignorecase") || test == "bool"
                ? actual.lowercased() == wanted.lowercased() : actual == wanted
        }
        return matches != isNegated
    }

    private static func value(_ key: String, _ question: Question) -> String? {
        switch key {
        case "aws:sourceip": question.request.peer
        case "aws:securetransport": "false"
        case "aws:useragent": question.request.header("user-agent")
        case "aws:referer": question.request.header("referer")
        case "aws:username": question.user?.name
        case "s3:prefix": question.request.parameter("prefix")
        case "s3:delimiter": question.request.parameter("delimiter")
        case "s3:max-keys": question.request.parameter("max-keys")
        case "s3:versionid": question.request.parameter("versionId")
        case _ where key.hasPrefix("s3:x-amz-"): question.request.header(String(key.dropFirst(3)))
        default: nil
        }
    }

    // MARK: Reading

    private static func strings(_ value: JSON) -> [String] {
        if case .array(let values) = value { return values.compactMap(\.string) }
        return value.string.map { [$0] } ?? []
    }

    private static func principals(_ value: JSON) -> [String]? {
        if value.string == "*" { return nil }
        let names = value["AWS"].map(strings) ?? value["CanonicalUser"].map(strings) ?? []
        return names.contains("*") ? nil : names
    }

    private static func conditions(_ value: JSON?) -> [(test: String, key: String, values: [String])] {
        guard let tests = value?.object else { return [] }
        return tests.flatMap { test in
            (test.value.object ?? [:]).map { (test.name, $0.name, strings($0.value)) }
        }
    }
}
