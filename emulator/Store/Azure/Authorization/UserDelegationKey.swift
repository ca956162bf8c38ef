import Cryptography
import NIOCore
import XML

/// A key with which a user signs shared access signatures without knowing the account's own
/// (https://learn.microsoft.com/rest/api/storageservices/get-user-delegation-key).
///
/// Its value follows from what it says and the account's key; so nothing of it is kept.
struct UserDelegationKey {
    let user: String
    let tenant: String
    let start: String
    let expiry: String
    let service: String
    let version: String
    /// The tenant of those for whom it may sign, where it is for users of one; empty otherwise.
    let delegatedTenant: String

    /// The secret that belongs to it.
    func value(accountKey: [UInt8]) -> [UInt8] {
        var words = ["user-delegation-key", user, tenant, start, expiry, service, version]
        if !delegatedTenant.isEmpty { words.append(delegatedTenant) }
        return HMAC.sha256(words.joined(separator: "\n").utf8, key: accountKey)
    }

    init(
        user: String, tenant: String, start: String, expiry: String, service: AzureService, version: String,
        delegatedTenant: String
    ) {
        (self.user, self.tenant, self.start, self.expiry) = (user, tenant, start, expiry)
        (self.service, self.version, self.delegatedTenant) = (String(service.letter), version, delegatedTenant)
    }

    /// What a signature says of the key it was made with; nil where it names none.
    init?(_ request: HTTPRequest) {
        guard let user = request.parameter("skoid") else { return nil }
        func value(_ name: String) -> String { request.parameter(name) ?? "" }
        (self.user, tenant, start, expiry) = (user, value("sktid"), value("skt"), value("ske"))
        (service, version, delegatedTenant) = (value("sks"), value("skv"), value("skdutid"))
    }

    /// - Throws: what is wrong with it now, where something is.
    func check(for asked: AzureService) throws(AzureError) {
        func failed(_ detail: String) -> AzureError {
            var error = AzureError.authenticationFailed
            error.details = [("AuthenticationErrorDetail", detail)]
            return error
        }
        guard service == String(asked.letter) else { throw failed("sks is not valid: \(service)") }
        guard let from = HTTPDate.parseISO8601(start), let to = HTTPDate.parseISO8601(expiry) else {
            throw failed("skt or ske is not a time.")
        }
        let now = Clock.milliseconds()
        guard from <= now, now < to else {
            throw failed("The user delegation key is not valid now: it is from \(start) to \(expiry).")
        }
    }
}

extension AzureCall {
    private static let longestDelegation: Int64 = 7 * 86_400_000

    /// Azure gives this key to bearer tokens only. Its clients send those only over TLS, which an emulator does not
    /// speak; so the holder of the account's key gets one too.
    func getUserDelegationKey() async throws -> HTTPReply {
        guard grant.permissions == nil else {
            var error = AzureError.authenticationFailed
            error.details = [("AuthenticationErrorDetail", "Only authentication scheme Bearer is supported")]
            throw error
        }
        let document = try await document(limit: 64 << 10)
        let now = Clock.milliseconds()
        guard document.name == "KeyInfo", let end = document["Expiry"],
            let expiry = HTTPDate.parseISO8601(end)
        else { throw AzureError.invalidXML }
        let begin = document["Start"].flatMap { $0.isEmpty ? nil : $0 }
        guard let start = begin.map(HTTPDate.parseISO8601) ?? now else { throw AzureError.invalidXML }
        guard start < expiry, expiry > now, expiry - now <= Self.longestDelegation + 60_000 else {
            throw AzureError(
                400, "InvalidInput",
                "One of the request inputs is not valid: a user delegation key ends after it begins, and within seven "
                    + "days.")
        }
        func time(_ moment: Int64) -> String { String(HTTPDate.iso8601(moment).prefix(19)) + "Z" }
        let key = UserDelegationKey(
            user: grant.principal, tenant: grant.tenant, start: time(start), expiry: time(expiry),
            service: service, version: request.header("x-ms-version") ?? "2021-12-02",
            delegatedTenant: document["DelegatedUserTid"] ?? "")
        guard let account = options.accounts.first(where: { $0.name == address.account }) else {
            throw AzureError.internalError
        }
        var xml = XMLWriter()
        xml.element("UserDelegationKey") { xml in
            xml.element("SignedOid", key.user)
            xml.element("SignedTid", key.tenant)
            xml.element("SignedStart", key.start)
            xml.element("SignedExpiry", key.expiry)
            xml.element("SignedService", key.service)
            xml.element("SignedVersion", key.version)
            if !key.delegatedTenant.isEmpty { xml.element("SignedDelegatedUserTid", key.delegatedTenant) }
            xml.element("Value", Base64.encode(key.value(accountKey: Base64.decode(account.key) ?? [])))
        }
        return Self.document(xml)
    }
}
