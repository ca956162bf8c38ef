import Cryptography

/// A shared access signature in a query: for the account, or for a container, a blob, a snapshot, a version or a queue
/// (https://learn.microsoft.com/rest/api/storageservices/create-service-sas).
struct SharedAccessSignature {
    let grant: AzureGrant

    /// - Parameter bearer: the token that came with it; only a signature for one user wants one.
    init(
        _ request: HTTPRequest, _ address: AzureAddress, service: AzureService, key: [UInt8], bearer: BearerToken?,
        policy: (String) throws -> String?
    ) throws {
        let version = request.parameter("sv") ?? ""
        let isAccount = request.has("ss") || request.has("srt")
        let delegation = isAccount ? nil : UserDelegationKey(request)
        if delegation != nil { try Self.checkUsers(request, bearer) }
        var fields = Fields(request)
        let text =
            try isAccount
            ? Self.accountText(request, address, version)
            : service == .queue
                ? Self.queueText(request, address, isDelegated: delegation != nil)
                : Self.serviceText(request, address, version, isDelegated: delegation != nil)
        let signingKey = delegation?.value(accountKey: key) ?? key
        let expected = Base64.encode(HMAC.sha256(text.utf8, key: signingKey))
        guard ConstantTime.equal(expected, request.parameter("sig") ?? "") else {
            throw Self.failed("Signature did not match. String to sign used was \(text)")
        }
        try delegation?.check(for: service)
        // A user's signature has no stored policy (the field is not even signed).
        if let identifier = request.parameter("si"), !isAccount, delegation == nil {
            guard let policy = try policy(identifier) else {
                throw Self.failed("The stored access policy \(identifier) does not exist.")
            }
            try fields.merge(policy)
        }
        try fields.check(peer: request.peer)
        if isAccount {
            guard (request.parameter("ss") ?? "").contains(service.letter) else {
                throw AzureError(
                    403, "AuthorizationServiceMismatch",
                    "This request is not authorized to perform this operation using this service.")
            }
        } else if service == .blob {
            try Self.checkResource(request, address)
        }
        let overrides: [(String, String)] = [
            ("rscc", "Cache-Control"), ("rscd", "Content-Disposition"), ("rsce", "Content-Encoding"),
            ("rscl", "Content-Language"), ("rsct", "Content-Type"),
        ]
        var resourceTypes = isAccount ? Set(request.parameter("srt") ?? "") : nil
        if !isAccount {
            // A queue's covers the queue and its messages, never the account.
            resourceTypes = service == .queue ? ["c", "o"] : request.parameter("sr") == "c" ? nil : ["o"]
        }
        grant = AzureGrant(
            permissions: Set(fields.permissions), resourceTypes: resourceTypes,
            isOfService: !isAccount && service == .blob, principal: delegation?.user ?? "sas",
            encryptionScope: request.parameter("ses").flatMap { $0.isEmpty ? nil : $0 },
            overrides: overrides.compactMap { name, header in request.parameter(name).map { (header, $0) } })
    }

    private static func failed(_ detail: String) -> AzureError {
        var error = AzureError.authenticationFailed
        error.details = [("AuthenticationErrorDetail", detail)]
        return error
    }

    /// A blob's signature is for that blob, whatever it says.
    private static func checkResource(_ request: HTTPRequest, _ address: AzureAddress) throws(AzureError) {
        switch request.parameter("sr") {
        case "c": return
        case "b", "bs", "bv":
            if address.blob.isEmpty { throw .permissionMismatch }
            if request.parameter("sr") == "bs", request.parameter("snapshot") == nil { throw .permissionMismatch }
        case "d": return
        case let other: throw failed("sr is not valid: \(other ?? "")")
        }
    }

    private static func accountText(_ request: HTTPRequest, _ address: AzureAddress, _ version: String) -> String {
        let names = ["sp", "ss", "srt", "st", "se", "sip", "spr", "sv"] + (version >= "2020-12-06" ? ["ses"] : [])
        return ([address.account] + names.map { request.parameter($0) ?? "" }).joined(separator: "\n") + "\n"
    }

    /// (https://learn.microsoft.com/rest/api/storageservices/create-service-sas#version-2015-04-05-and-later)
    private static func queueText(
        _ request: HTTPRequest, _ address: AzureAddress, isDelegated: Bool
    ) -> String {
        var names = ["si"]
        if isDelegated {
            names = ["skoid", "sktid", "skt", "ske", "sks", "skv", "skdutid", "sduoid"]
        }
        let values = { (names: [String]) in names.map { request.parameter($0) ?? "" } }
        let resource = "/queue/\(address.account)/\(address.container)"
        return (values(["sp", "st", "se"]) + [resource] + values(names + ["sip", "spr", "sv"])).joined(separator: "\n")
    }

    private static func serviceText(
        _ request: HTTPRequest, _ address: AzureAddress, _ version: String, isDelegated: Bool
    ) throws(AzureError) -> String {
        func value(_ name: String) -> String { request.parameter(name) ?? "" }
        var resource = "/blob/\(address.account)/\(address.container)"
        switch value("sr") {
        case "c": break
        case "d":
            guard let depth = Int(value("sdd")), depth >= 0 else { throw failed("sdd is not valid") }
            let parts = address.blob.split(separator: "/", omittingEmptySubsequences: false).prefix(depth)
            guard parts.count == depth else { throw .permissionMismatch }
            if depth > 0 { resource += "/" + parts.joined(separator: "/") }
        default: resource += "/" + address.blob
        }
        var lines = [value("sp"), value("st"), value("se"), resource]
        if isDelegated {
            lines += delegationLines(request, version)
        } else {
            lines.append(value("si"))
        }
        if version >= "2015-04-05" { lines += [value("sip"), value("spr")] }
        lines.append(version)
        if version >= "2018-11-09" {
            lines.append(value("sr"))
            lines.append(value("sr") == "bv" ? value("versionid") : value("sr") == "bs" ? value("snapshot") : "")
        }
        if version >= "2020-12-06" { lines.append(value("ses")) }
        if isDelegated, version >= "2026-04-06" { lines += ["", ""] }
        if version >= "2013-08-15" { lines += ["rscc", "rscd", "rsce", "rscl", "rsct"].map(value) }
        return lines.joined(separator: "\n")
    }

    /// What a user delegation signature says of its key and of users
    /// (https://learn.microsoft.com/rest/api/storageservices/create-user-delegation-sas#construct-a-user-delegation-sas).
    private static func delegationLines(_ request: HTTPRequest, _ version: String) -> [String] {
        var names = ["skoid", "sktid", "skt", "ske", "sks", "skv"]
        if version >= "2020-02-10" { names += ["saoid", "suoid", "scid"] }
        if version >= "2025-07-05" { names += ["skdutid", "sduoid"] }
        return names.map { request.parameter($0) ?? "" }
    }

    /// Each of these narrows what the signature grants; one that is not enforced must not pass.
    private static func checkUsers(_ request: HTTPRequest, _ bearer: BearerToken?) throws(AzureError) {
        func value(_ name: String) -> String? { request.parameter(name).flatMap { $0.isEmpty ? nil : $0 } }
        for name in ["srh", "srq", "suoid"] where value(name) != nil {
            throw failed("The emulator does not know user delegation signatures with \(name); make one without it.")
        }
        if let user = value("sduoid"), user != bearer?.user {
            throw failed("The signature is for the user \(user), who has to show a bearer token beside it.")
        }
        if let tenant = value("skdutid"), tenant != bearer?.tenant {
            throw failed(
                "The signature is for users of the tenant \(tenant), who have to show a bearer token beside it.")
        }
    }

    /// What a signature or its stored policy limits.
    private struct Fields {
        var start: String?
        var expiry: String?
        var permissions: String
        let addresses: String?
        let protocols: String?

        init(_ request: HTTPRequest) {
            start = request.parameter("st")
            expiry = request.parameter("se")
            permissions = request.parameter("sp") ?? ""
            addresses = request.parameter("sip")
            protocols = request.parameter("spr")
        }

        /// Takes from a stored policy (`start|expiry|permissions`) what the signature leaves open; both may not say it.
        mutating func merge(_ policy: String) throws(AzureError) {
            let parts = policy.split(separator: "|", omittingEmptySubsequences: false).map(String.init)
            func choose(_ own: String?, _ stored: String) throws(AzureError) -> String? {
                guard let own, !own.isEmpty else { return stored.isEmpty ? nil : stored }
                if !stored.isEmpty { throw failed("A field is in both the signature and its stored access policy.") }
                return own
            }
            start = try choose(start, parts[0])
            expiry = try choose(expiry, parts[1])
            permissions = try choose(permissions, parts[2]) ?? ""
        }

        func check(peer: String) throws(AzureError) {
            let now = Clock.milliseconds()
            if let start, !start.isEmpty {
                guard let moment = HTTPDate.parseISO8601(start) else {
                    throw failed("st is not a valid time: \(start)")
                }
                if now < moment { throw failed("Signature not valid in the specified time frame: Start [\(start)]") }
            }
            guard let expiry, let moment = HTTPDate.parseISO8601(expiry) else {
                throw failed("Signature fields not well formed: se is missing or not a time.")
            }
            if now > moment { throw failed("Signature not valid in the specified time frame: Expiry [\(expiry)]") }
            if let addresses, !addresses.isEmpty, IPAddressRange(addresses)?.contains(peer) != true {
                throw AzureError(
                    403, "AuthorizationSourceIPMismatch",
                    "This request is not authorized to perform this operation using this source IP \(peer).")
            }
            if let protocols, !protocols.isEmpty, !protocols.split(separator: ",").contains("http") {
                throw AzureError(
                    403, "AuthorizationProtocolMismatch",
                    "This request is not authorized to perform this operation using this protocol.")
            }
        }
    }
}
