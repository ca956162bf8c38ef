import NIOHTTP1
import XML

/// Cross-origin requests: what the bucket's own rules say, and everything to everybody where it has none, as MinIO
/// does.
struct S3CORS {
    let store: ObjectStore

    struct Rule {
        var origins: [String]
        var methods: [String]
        var headers: [String]
        var exposed: [String]
        var maxAge: String?
    }

    /// Answers `OPTIONS`.
    func preflight(_ request: HTTPRequest, bucket: String) throws -> HTTPReply {
        guard let origin = request.header("origin") else {
            throw S3Error(400, "BadRequest", "Insufficient information. Origin request header needed.")
        }
        guard let method = request.header("access-control-request-method") else {
            throw S3Error(400, "BadRequest", "Invalid Access-Control-Request-Method: null")
        }
        let wanted = (request.header("access-control-request-headers") ?? "").split(separator: ",")
            .map { String($0).trimmingSpaces }
        let rules = try rules(bucket)
        let rule = rules.map { rules in
            rules.first { $0.allows(origin: origin, method: method) && $0.allows(headers: wanted) }
        }
        if case .some(.none) = rule {
            throw S3Error(
                403, "AccessForbidden",
                "CORSResponse: This CORS request is not allowed. This is usually because the evalution of "
                    + "Origin, request method / Access-Control-Request-Method or Access-Control-Request-Headers "
                    + "are not whitelisted by the resource's CORS spec."
            )
        }
        var reply = HTTPReply(200)
        decorate(&reply, origin: origin, rule: rule ?? nil)
        reply.headers.replaceOrAdd(
            name: "Access-Control-Allow-Methods",
            value: rule.flatMap { $0 }.map { $0.methods.joined(separator: ", ") } ?? "GET, PUT, HEAD, POST, DELETE")
        if !wanted.isEmpty {
            reply.headers.add(name: "Access-Control-Allow-Headers", value: wanted.joined(separator: ", "))
        }
        reply.headers.add(name: "Access-Control-Max-Age", value: rule.flatMap { $0 }?.maxAge ?? "3600")
        return reply
    }

    /// Adds to any other answer what a browser needs to show it to its page.
    func decorate(_ reply: inout HTTPReply, _ request: HTTPRequest, bucket: String) {
        guard let origin = request.header("origin") else { return }
        guard let rules = try? rules(bucket) else { return decorate(&reply, origin: origin, rule: nil) }
        // A client may name the method that it means to ask about also where it does not ask beforehand.
        let method = request.header("access-control-request-method") ?? request.method
        if let rule = rules.first(where: { $0.allows(origin: origin, method: method) }) {
            decorate(&reply, origin: origin, rule: rule)
            reply.headers.add(name: "Access-Control-Allow-Methods", value: rule.methods.joined(separator: ", "))
        }
    }

    private func decorate(_ reply: inout HTTPReply, origin: String, rule: Rule?) {
        let isAny = rule.map { $0.origins.contains("*") } ?? false
        reply.headers.add(name: "Access-Control-Allow-Origin", value: isAny ? "*" : origin)
        if !isAny { reply.headers.add(name: "Access-Control-Allow-Credentials", value: "true") }
        let exposed =
            rule.map { $0.exposed.joined(separator: ", ") }
            ?? "Date, Etag, Server, Connection, Accept-Ranges, Content-Range, Content-Encoding, Content-Length, "
            + "Content-Type, Content-Disposition, Last-Modified, Content-Language, Cache-Control, "
            + "Retry-After, X-Amz-Bucket-Region, Expires, X-Amz*, x-amz*"
        if !exposed.isEmpty { reply.headers.add(name: "Access-Control-Expose-Headers", value: exposed) }
        reply.headers.add(
            name: "Vary",
            value: "Origin, Access-Control-Request-Headers, "
                + "Access-Control-Request-Method")
    }

    /// Nil where the bucket has no rules of its own.
    private func rules(_ bucket: String) throws -> [Rule]? {
        guard let text = try store.bucket(bucket)?.fields["cors"] else { return nil }
        return try Self.parse(XMLElement(parsing: text.utf8))
    }

    /// - Throws: `MalformedXML`, `InvalidRequest` for a method that is none.
    static func parse(_ document: XMLElement) throws(S3Error) -> [Rule] {
        var rules: [Rule] = []
        for rule in document.all("CORSRule") {
            let methods = rule.all("AllowedMethod").map(\.text)
            if let unknown = methods.first(where: { !["GET", "PUT", "POST", "DELETE", "HEAD"].contains($0) }) {
                throw .invalidRequest(
                    "Found unsupported HTTP method in CORS config. Unsupported method is "
                        + "\(unknown)")
            }
            let origins = rule.all("AllowedOrigin").map(\.text)
            guard !methods.isEmpty, !origins.isEmpty else { throw .malformedXML }
            rules.append(
                Rule(
                    origins: origins, methods: methods, headers: rule.all("AllowedHeader").map(\.text),
                    exposed: rule.all("ExposeHeader").map(\.text), maxAge: rule["MaxAgeSeconds"]))
        }
        guard !rules.isEmpty else { throw .malformedXML }
        return rules
    }
}

extension S3CORS.Rule {
    func allows(origin: String, method: String) -> Bool {
        methods.contains(method) && origins.contains { Wildcard.matches($0, origin) }
    }

    func allows(headers wanted: [String]) -> Bool {
        wanted.allSatisfy { name in headers.contains { Wildcard.matches($0.lowercased(), name.lowercased()) } }
    }
}
