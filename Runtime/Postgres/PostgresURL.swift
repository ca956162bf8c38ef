internal import CPostgres

/// The text of a connection URL, taken apart as far as it takes to check it and to hide its password.
struct PostgresURL {
    private let text: String
    private let secrets: [String]

    /// The URL with `***` in place of every password.
    let redacted: String

    init(_ text: String) {
        self.text = text
        let (head, query) = Self.split(text, at: "?")
        var redacted = head
        var secrets: [String] = []
        // The last @ ends the user's part, so that a password with an unescaped @ is hidden whole.
        if let at = head.lastIndex(of: "@") {
            let start = head.firstRange(of: "://")?.upperBound ?? head.startIndex
            if start <= at, let colon = head[start..<at].firstIndex(of: ":") {
                secrets.append(String(head[head.index(after: colon)..<at]))
                redacted = head[...colon] + "***" + head[at...]
            }
        }
        if let query {
            let items = query.split(separator: "&", omittingEmptySubsequences: false).map { item in
                let (key, value) = Self.split(String(item), at: "=")
                guard ["password", "sslpassword", "passfile"].contains(key), let value else { return String(item) }
                secrets.append(value)
                return "\(key)=***"
            }
            redacted += "?" + items.joined(separator: "&")
        }
        self.redacted = redacted
        self.secrets = secrets.filter { !$0.isEmpty }
    }

    var isPostgres: Bool { text.hasPrefix("postgres://") || text.hasPrefix("postgresql://") }

    /// Whether the URL says that a pooler in transaction mode stands before the server.
    var isPooled: Bool { ours.contains("pgbouncer=true") }

    /// The URL without the parameter that is ours.
    var forLibpq: String {
        let (head, query) = Self.split(text, at: "?")
        guard let query, !ours.isEmpty else { return text }
        let rest = query.split(separator: "&").filter { !$0.hasPrefix("pgbouncer=") }
        return rest.isEmpty ? head : head + "?" + rest.joined(separator: "&")
    }

    /// What libpq says against the URL, without the password.
    var problem: String? {
        var message: UnsafeMutablePointer<CChar>?
        if let options = PQconninfoParse(forLibpq, &message) {
            PQconninfoFree(options)
            return nil
        }
        defer { PQfreemem(message) }
        var problem = message.map { String(cString: $0) } ?? "out of memory"
        problem = Self.replace(forLibpq, with: redacted, in: problem)
        for secret in secrets { problem = Self.replace(secret, with: "***", in: problem) }
        return String(problem.drop(while: \.isWhitespace).prefix { !$0.isNewline })
    }

    private var ours: [Substring] {
        (Self.split(text, at: "?").1 ?? "").split(separator: "&").filter { $0.hasPrefix("pgbouncer=") }
    }

    private static func split(_ text: String, at separator: Character) -> (String, String?) {
        guard let index = text.firstIndex(of: separator) else { return (text, nil) }
        return (String(text[..<index]), String(text[text.index(after: index)...]))
    }

    private static func replace(_ part: String, with replacement: String, in text: String) -> String {
        var rest = text[...]
        var result = ""
        while let range = rest.firstRange(of: part) {
            result += rest[..<range.lowerBound] + replacement
            rest = rest[range.upperBound...]
        }
        return result + rest
    }
}
