import Cryptography
import NIOHTTP1

/// Finds out what a request may do: `Authorization` header, shared access signature, public access.
struct AzureAuthenticator: Sendable {
    let accounts: [AzureOptions.Account]
    let store: ObjectStore
    var service = AzureService.blob
    var checksSignatures = true
    private static let firstBearerVersion = "2019-12-12"

    /// - Parameter policy: a stored access policy of what is asked for, by its id; nil: the container's are looked up.
    func authorize(
        _ request: HTTPRequest, _ address: AzureAddress, namespace: String, policy: ((String) -> String?)? = nil
    ) throws -> AzureGrant {
        guard let account = accounts.first(where: { $0.name == address.account }) else {
            throw AzureError(
                404, "ResourceNotFound",
                "The specified resource does not exist: there is no account \(address.account).")
        }
        if !checksSignatures { return .owner(account.name) }
        let key = Base64.decode(account.key) ?? []
        var bearer: BearerToken?
        if let authorization = request.header("authorization") {
            if let space = authorization.firstIndex(of: " "), authorization[..<space].lowercased() == "bearer" {
                let token = try BearerToken(
                    authorization[authorization.index(after: space)...], account: account.name, service: service,
                    key: key)
                let isForUser = ["sduoid", "skdutid"].contains { request.parameter($0)?.isEmpty == false }
                guard isForUser, request.has("sig") else {
                    return AzureGrant(principal: token.user, tenant: token.tenant)
                }
                // The signature grants; the token only says for whom.
                bearer = token
            } else {
                try checkSharedKey(request, authorization, account.name, key)
                return .owner(account.name)
            }
        }
        if request.has("sig") {
            return try SharedAccessSignature(request, address, service: service, key: key, bearer: bearer) { id in
                if let policy { return policy(id) }
                return try store.bucket(address.container, account: namespace)?.fields["policy:" + id]
            }.grant
        }
        return try publicAccess(request, address, namespace)
    }

    private func publicAccess(
        _ request: HTTPRequest, _ address: AzureAddress, _ namespace: String
    ) throws -> AzureGrant {
        let container = service == .blob ? try store.bucket(address.container, account: namespace) : nil
        switch container?.fields["public-access"] {
        case "container": return AzureGrant(permissions: ["r", "l"], principal: "anonymous")
        case "blob": return AzureGrant(permissions: ["r"], resourceTypes: ["o"], principal: "anonymous")
        default:
            // Before it knew bearer tokens, the service kept the resource's existence to itself.
            let version = request.header("x-ms-version") ?? request.parameter("sv") ?? ""
            guard service != .blob || version >= Self.firstBearerVersion else {
                throw AzureError(404, "ResourceNotFound", "The specified resource does not exist.")
            }
            var error = AzureError.noAuthentication
            error.headers.add(
                name: "WWW-Authenticate",
                value:
                    "Bearer authorization_uri=https://login.microsoftonline.com/common/oauth2/authorize "
                    + "resource_id=https://storage.azure.com"
            )
            throw error
        }
    }

    // MARK: Shared Key

    private func checkSharedKey(
        _ request: HTTPRequest, _ authorization: String, _ account: String, _ key: [UInt8]
    ) throws(AzureError) {
        let parts = authorization.split(separator: " ", maxSplits: 1)
        guard parts.count == 2, parts[0] == "SharedKey" || parts[0] == "SharedKeyLite",
            let colon = parts[1].firstIndex(of: ":"), parts[1][..<colon] == account
        else {
            throw AzureError(
                400, "InvalidAuthenticationInfo",
                "Authentication information is not given in the correct format. Check the value of Authorization "
                    + "header."
            )
        }
        try checkDate(request)
        let texts = HeaderOrder.allCases.lazy.map { order in
            let headers = Self.canonicalHeaders(request, order)
            return parts[0] == "SharedKey"
                ? Self.fullText(request, account, headers) : Self.liteText(request, account, headers)
        }
        let given = String(parts[1][parts[1].index(after: colon)...])
        guard texts.contains(where: { ConstantTime.equal(Base64.encode(HMAC.sha256($0.utf8, key: key)), given) }) else {
            var error = AzureError.authenticationFailed
            error.details = [
                (
                    "AuthenticationErrorDetail",
                    "The MAC signature found in the HTTP request is not the same as any computed signature. "
                        + "Server used following string to sign: '\(texts[0])'."
                )
            ]
            throw error
        }
    }

    private func checkDate(_ request: HTTPRequest) throws(AzureError) {
        guard let text = request.header("x-ms-date") ?? request.header("date") else {
            throw AzureError.missingHeader("x-ms-date")
        }
        guard let moment = HTTPDate.parseRFC1123(text), abs(Clock.milliseconds() - moment) <= 15 * 60 * 1000 else {
            var error = AzureError.authenticationFailed
            error.details = [("AuthenticationErrorDetail", "Request date header too old: '\(text)'")]
            throw error
        }
    }

    private static func fullText(_ request: HTTPRequest, _ account: String, _ headers: String) -> String {
        func header(_ name: String) -> String { request.header(name) ?? "" }
        let length = header("content-length")
        let date = request.headers.contains(name: "x-ms-date") ? "" : header("date")
        let lines = [
            request.method, header("content-encoding"), header("content-language"), length == "0" ? "" : length,
            header("content-md5"), header("content-type"), date, header("if-modified-since"), header("if-match"),
            header("if-none-match"), header("if-unmodified-since"), header("range"),
        ]
        return lines.joined(separator: "\n") + "\n" + headers + canonicalResource(request, account)
    }

    private static func liteText(_ request: HTTPRequest, _ account: String, _ headers: String) -> String {
        let date = request.headers.contains(name: "x-ms-date") ? "" : request.header("date") ?? ""
        let comp = request.parameter("comp").map { "?comp=" + $0 } ?? ""
        return [request.method, request.header("content-md5") ?? "", request.header("content-type") ?? "", date]
            .joined(separator: "\n") + "\n" + headers + "/" + account + request.rawPath + comp
    }

    private static func canonicalHeaders(_ request: HTTPRequest, _ order: HeaderOrder) -> String {
        let own = request.headers.filter { $0.name.lowercased().hasPrefix("x-ms-") }
        return Dictionary(grouping: own) { $0.name.lowercased() }
            .sorted { order.precedes($0.key, $1.key) }
            .map { "\($0.key):\($0.value.map { $0.value.trimmingSpaces }.joined(separator: ","))\n" }.joined()
    }

    private static func canonicalResource(_ request: HTTPRequest, _ account: String) -> String {
        let parameters = Dictionary(grouping: request.query) { $0.name.lowercased() }
            .sorted { $0.key.precedes($1.key) }
            .map { "\n\($0.key):" + $0.value.map(\.value).sorted { $0.precedes($1) }.joined(separator: ",") }.joined()
        return "/" + account + request.rawPath + parameters
    }
}
