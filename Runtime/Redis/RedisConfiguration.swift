internal import FoundationEssentials

/// Where Redis is and how to get in, read from a URL:
/// `redis://[user:password@]host[:6379][/database]`, or `rediss://` for TLS with an optional `?ca=/path/to/ca.pem`
/// (trusted in place of the system's authorities).
package struct RedisConfiguration: Sendable {
    package var host: String
    package var port: Int
    package var user: String?
    package var password: String?
    package var database: Int
    package var tls: Bool
    /// A PEM file of the authorities to trust; nil: the system's.
    package var authorityFile: String?
    /// The name this client shows in `CLIENT LIST`.
    package var name: String?
    /// How long a connection may take to be made, with TLS and authentication.
    package var connectTimeout: Duration = .seconds(5)
    /// How long a reply may take.
    package var commandTimeout: Duration = .seconds(5)

    /// - Parameters:
    ///   - url: as described above. User, password and path may be percent-encoded.
    ///   - name: shown in `CLIENT LIST`.
    /// - Throws: `RedisError.invalidURL` with a sentence that never holds the password.
    package init(url: String, name: String? = nil) throws(RedisError) {
        func refuse(_ problem: String) -> RedisError {
            .invalidURL(
                "\"\(Self.redacted(url))\" is not a Redis URL: \(problem) (want redis://user:password@host:6379/0, or "
                    + "rediss://… for TLS)")
        }
        guard let parts = URLComponents(string: url), let scheme = parts.scheme?.lowercased() else {
            throw refuse(Self.problem(ofUnreadable: url))
        }
        guard scheme == "redis" || scheme == "rediss" else { throw refuse("its scheme is \"\(scheme)\"") }
        guard let host = parts.host, !host.isEmpty else { throw refuse("it names no host") }
        if let port = parts.port, !(1...65535).contains(port) { throw refuse("port \(port) does not exist") }
        let path = parts.path.drop { $0 == "/" }
        guard let database = path.isEmpty ? 0 : Int(path), database >= 0 else {
            throw refuse("the database is a number, not \"\(path)\"")
        }
        tls = scheme == "rediss"
        for item in parts.queryItems ?? [] {
            guard item.name == "ca" else {
                throw refuse("the option \"\(item.name)\" is unknown; there is only \"ca\"")
            }
            guard tls else { throw refuse("\"ca\" belongs to rediss://") }
            guard let file = item.value, !file.isEmpty else { throw refuse("\"ca\" names no file") }
            authorityFile = file
        }
        self.host = host.hasPrefix("[") && host.hasSuffix("]") ? String(host.dropFirst().dropLast()) : host
        self.port = parts.port ?? 6379
        self.database = database
        self.name = name
        user = parts.user.flatMap { $0.isEmpty ? nil : $0 }
        password = parts.password.flatMap { $0.isEmpty ? nil : $0 }
    }

    /// Why a text is no URL at all. What is wrong is not quoted: without an `@` a port could be a password.
    private static func problem(ofUnreadable url: String) -> String {
        guard let scheme = url.firstRange(of: "://") else { return "it has no scheme" }
        let authority = url[scheme.upperBound...].prefix { !"/?#".contains($0) }
        let address = authority.lastIndex(of: "@").map { authority[$0...].dropFirst() } ?? authority
        let port = address.lastIndex(of: ":").map { address[$0...].dropFirst() } ?? ""
        guard port.contains("]") || port.allSatisfy({ ("0"..."9").contains($0) }) else {
            return "its port is no number"
        }
        return "a character in it has to be percent-encoded"
    }

    /// The URL without what stands before the `@`.
    static func redacted(_ url: String) -> String {
        guard let at = url.lastIndex(of: "@") else { return url }
        let scheme = url.prefix { $0.isLetter }
        let start = url[scheme.endIndex...].hasPrefix("://") ? "\(scheme)://" : ""
        return start + "…" + url[at...]
    }
}

extension RedisConfiguration: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    /// The address; the password is never part of it.
    package var description: String {
        let account = user.map { "\($0)@" } ?? ""
        let address = host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)"
        return "\(tls ? "rediss" : "redis")://\(account)\(address)/\(database)"
    }

    package var debugDescription: String { description }
    package var customMirror: Mirror { Mirror(self, children: ["url": description]) }
}
