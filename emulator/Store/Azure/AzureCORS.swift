import NIOHTTP1
import XML

/// Cross-origin requests, as the account's service properties allow them
/// (https://learn.microsoft.com/rest/api/storageservices/cross-origin-resource-sharing--cors--support-for-the-azure-storage-services).
///
/// A blob service that was never given rules, not even none, answers every origin: a page on a laptop can upload without
/// set-up.
struct AzureCORS {
    let store: ObjectStore
    let account: String
    var service = AzureService.blob

    struct Rule {
        let origins: [String]
        let methods: [String]
        let headers: [String]
        let exposed: [String]
        let maxAge: String
        /// What stands in for the rules an account does not have; only a page hears of it.
        var isDefault = false

        var allowsEveryOrigin: Bool { origins == ["*"] }
    }

    func preflight(_ request: HTTPRequest) throws -> HTTPReply {
        guard let method = request.header("access-control-request-method") else {
            throw AzureError(400, "InvalidHeaderValue", "A required CORS header is not present.")
        }
        let wanted = (request.header("access-control-request-headers") ?? "").split(separator: ",")
            .map { String($0).trimmingSpaces }
        guard let origin = request.header("origin"),
            let rule = try rules().first(where: { $0.allows(origin, method) && $0.allows(headers: wanted) })
        else {
            throw AzureError(
                403, "CorsPreflightFailure", "CORS not enabled or no matching rule found for this request.")
        }
        var headers: HTTPHeaders = [
            "Access-Control-Allow-Origin": rule.allowsEveryOrigin ? "*" : origin,
            "Access-Control-Allow-Methods": method, "Access-Control-Max-Age": rule.maxAge,
            "Access-Control-Allow-Credentials": "true",
        ]
        if !wanted.isEmpty {
            headers.add(name: "Access-Control-Allow-Headers", value: wanted.joined(separator: ","))
        }
        return HTTPReply(200, headers)
    }

    func decorate(_ reply: inout HTTPReply, _ request: HTTPRequest) throws {
        let rules = try rules()
        let origin = request.header("origin")
        if rules.isEmpty || origin == nil && rules[0].isDefault { return }
        // Where every origin is allowed, who names none is told so, too.
        let found = rules.first { rule in
            origin.map { rule.allows($0, request.method) }
                ?? (rule.allowsEveryOrigin && rule.methods.contains(request.method))
        }
        guard let rule = found else {
            // Another origin would be answered otherwise.
            if !rules.contains(where: \.allowsEveryOrigin) { reply.headers.add(name: "Vary", value: "Origin") }
            return
        }
        reply.headers.add(
            name: "Access-Control-Allow-Origin", value: rule.allowsEveryOrigin ? "*" : origin ?? "*")
        let names = Set(reply.headers.map { $0.name.lowercased() })
        let exposed = names.filter { name in rule.exposed.contains { Wildcard.matches($0.lowercased(), name) } }
            .sorted()
        if !exposed.isEmpty {
            reply.headers.add(name: "Access-Control-Expose-Headers", value: exposed.joined(separator: ","))
        }
        if !rule.allowsEveryOrigin { reply.headers.add(name: "Vary", value: "Origin") }
    }

    private func rules() throws -> [Rule] {
        let anybody = Rule(
            origins: ["*"], methods: ["GET", "HEAD", "PUT", "POST", "DELETE", "MERGE", "OPTIONS", "PATCH"],
            headers: ["*"], exposed: ["*"], maxAge: "3600", isDefault: true)
        let text = try store.read { try $0.setting(service.settingName(account)) }
        guard let properties = try text.map({ try XMLElement(parsing: $0.utf8) }), properties.first("Cors") != nil
        else {
            return service == .blob ? [anybody] : []
        }
        return try Self.rules(properties)
    }

    static func rules(_ properties: XMLElement) throws(AzureError) -> [Rule] {
        let rules = properties.first("Cors")?.all("CorsRule") ?? []
        if rules.count > 5 { throw .invalidXML }
        return try rules.map { rule throws(AzureError) in
            func list(_ name: String) -> [String] {
                (rule[name] ?? "").split(separator: ",").map { String($0).trimmingSpaces }
            }
            guard !list("AllowedOrigins").isEmpty, !list("AllowedMethods").isEmpty else { throw .invalidXML }
            return Rule(
                origins: list("AllowedOrigins"), methods: list("AllowedMethods"), headers: list("AllowedHeaders"),
                exposed: list("ExposedHeaders"), maxAge: rule["MaxAgeInSeconds"] ?? "0")
        }
    }
}

extension AzureCORS.Rule {
    func allows(_ origin: String, _ method: String) -> Bool {
        methods.contains(method) && origins.contains { Wildcard.matches($0.lowercased(), origin.lowercased()) }
    }

    func allows(headers wanted: [String]) -> Bool {
        wanted.allSatisfy { name in headers.contains { Wildcard.matches($0.lowercased(), name.lowercased()) } }
    }
}
