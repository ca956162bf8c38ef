import Cryptography
import JSON
import NIOHTTP1

/// A bearer token of the emulator's own issuer: a JSON Web Token (RFC 7519), signed with HMAC-SHA256 by the account's
/// key (`alg` is `HS256`).
///
/// Whoever has the key can make one, with any library. The claims that count: `aud` is `https://storage.azure.com` or the
/// account's own address in Azure (`https://<account>.blob.core.windows.net`), `exp` is required and `nbf` honoured (seconds since 1970), `oid` is the user and `tid` the tenant.
struct BearerToken {
    let user: String
    let tenant: String

    /// - Throws: ``AzureError`` 401 `InvalidAuthenticationInfo`, with what is wrong with the token.
    init(
        _ text: some StringProtocol, account: String, service: AzureService, key: [UInt8]
    ) throws(AzureError) {
        let parts = text.split(separator: ".", omittingEmptySubsequences: false)
        guard parts.count == 3, let header = Self.object(parts[0]), let claims = Self.object(parts[1]) else {
            throw Self.failed("The token is not a JSON Web Token.")
        }
        guard header["alg"]?.string == "HS256" else { throw Self.failed("The token's alg is not HS256.") }
        let expected = Base64.encodeURL(HMAC.sha256("\(parts[0]).\(parts[1])".utf8, key: key))
        guard ConstantTime.equal(expected, String(parts[2])) else {
            throw Self.failed("The token's signature is not one of the account's key.")
        }
        let now = Clock.milliseconds() / 1000
        guard let expiry = claims["exp"]?.integer, now < expiry else {
            throw Self.failed("Lifetime validation failed. The token is expired.")
        }
        if let start = claims["nbf"]?.integer, now < start {
            throw Self.failed("Lifetime validation failed. The token is not valid yet.")
        }
        let audiences = ["https://storage.azure.com", "https://\(account).\(service.rawValue).core.windows.net"]
        guard let audience = claims["aud"]?.string,
            audiences.contains(where: { audience == $0 || audience == $0 + "/" })
        else {
            throw Self.failed("Audience validation failed. The token is not for https://storage.azure.com.")
        }
        guard let user = claims["oid"]?.string, let tenant = claims["tid"]?.string else {
            throw Self.failed("The token does not say whose it is: oid or tid is missing.")
        }
        (self.user, self.tenant) = (user, tenant)
    }

    private static func object(_ part: some StringProtocol) -> JSON? {
        guard let bytes = Base64.decodeURL(String(part)) else { return nil }
        return try? JSON(parsing: bytes)
    }

    private static func failed(_ detail: String) -> AzureError {
        var error = AzureError(
            401, "InvalidAuthenticationInfo",
            "Server failed to authenticate the request. Please refer to the information in the www-authenticate "
                + "header.")
        error.details = [("AuthenticationErrorDetail", detail)]
        error.headers.add(
            name: "WWW-Authenticate",
            value: "Bearer authorization_uri=https://login.microsoftonline.com/common/oauth2/authorize "
                + "resource_id=https://storage.azure.com")
        return error
    }
}
