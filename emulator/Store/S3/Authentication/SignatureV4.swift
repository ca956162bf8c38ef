import Cryptography
import NIOHTTP1

/// Signature version 4 in the header and in the query
/// (https://docs.aws.amazon.com/AmazonS3/latest/API/sig-v4-authenticating-requests.html).
struct SignatureV4 {
    let users: [String: StoreUser]
    let keys: SigningKeys

    private struct Claim {
        var accessKey: String
        var date: String
        var region: String
        var service: String
        var signedHeaders: [String]
        var signature: String

        var scope: String { "\(date)/\(region)/\(service)/aws4_request" }
    }

    static let algorithm = "AWS4-HMAC-SHA256"
    private static let skew: Int64 = 15 * 60 * 1000

    // MARK: Header

    func verifyHeader(_ request: HTTPRequest, authorization: String) throws(S3Error) -> S3Identity {
        let claim = try Self.claim(authorization: authorization)
        guard let time = request.header("x-amz-date") ?? request.header("date"),
            let moment = HTTPDate.parseBasic(time) ?? HTTPDate.parseRFC1123(time)
        else {
            throw S3Error(403, "AccessDenied", "AWS authentication requires a valid Date or x-amz-date header")
        }
        let user = try user(claim.accessKey)
        try Self.checkSkew(moment)
        let basic = HTTPDate.basic(moment)
        guard basic.hasPrefix(claim.date) else {
            throw S3Error(
                400, "AuthorizationHeaderMalformed",
                "The authorization header is malformed; the date in the credential scope does not match the "
                    + "request's date."
            )
        }
        guard let payload = request.header("x-amz-content-sha256") else {
            throw .invalidRequest("Missing required header for this request: x-amz-content-sha256")
        }
        try Self.checkSignedHeaders(claim, request)
        let key = keys.key(secret: user.secretKey, date: claim.date, region: claim.region, service: claim.service)
        try check(request, claim, time: basic, query: request.query, payload: payload, key: key)
        let signer = ChunkSigner(key: key, time: basic, scope: claim.scope, previous: claim.signature)
        return S3Identity(user: user, payload: try Self.payload(payload, signer))
    }

    // MARK: Query

    func verifyQuery(_ request: HTTPRequest) throws(S3Error) -> S3Identity {
        func parameter(_ name: String) throws(S3Error) -> String {
            guard let value = request.parameter(name), !value.isEmpty else {
                throw Self.queryError(
                    "Query-string authentication version 4 requires the X-Amz-Algorithm, X-Amz-Credential, "
                        + "X-Amz-Signature, X-Amz-Date, X-Amz-SignedHeaders, and X-Amz-Expires parameters."
                )
            }
            return value
        }
        guard try parameter("X-Amz-Algorithm") == Self.algorithm else {
            throw Self.queryError("X-Amz-Algorithm only supports \"AWS4-HMAC-SHA256 and AWS4-ECDSA-P256-SHA256\"")
        }
        let credential = try parameter("X-Amz-Credential")
        let time = try parameter("X-Amz-Date")
        let expires = try parameter("X-Amz-Expires")
        var claim = try Self.claim(credential: credential) {
            Self.queryError("Error parsing the X-Amz-Credential parameter; \($0)")
        }
        claim.signature = try parameter("X-Amz-Signature")
        claim.signedHeaders = try parameter("X-Amz-SignedHeaders").split(separator: ";").map { $0.lowercased() }
        guard let moment = HTTPDate.parseBasic(time) else {
            throw Self.queryError("X-Amz-Date must be in the ISO8601 Long Format \"yyyyMMdd'T'HHmmss'Z'\"")
        }
        guard let seconds = Int64(expires) else { throw Self.queryError("X-Amz-Expires should be a number") }
        guard seconds >= 0 else { throw Self.queryError("X-Amz-Expires must be non-negative", status: 403) }
        guard seconds <= 604_800 else {
            throw Self.queryError(
                "X-Amz-Expires must be less than a week (in seconds); that is, the given X-Amz-Expires must be "
                    + "less than 604800 seconds", status: 403)
        }
        guard time.hasPrefix(claim.date) else {
            throw Self.queryError(
                "Invalid credential date \"\(claim.date)\". This date is not the same as X-Amz-Date: "
                    + "\"\(time.prefix(8))\"."
            )
        }
        let user = try user(claim.accessKey)
        let now = Clock.milliseconds()
        guard moment <= now + Self.skew else { throw S3Error(403, "AccessDenied", "Request is not valid yet") }
        guard now < moment + seconds * 1000 else {
            throw S3Error(
                403, "AccessDenied", "Request has expired",
                [
                    "X-Amz-Expires": expires, "Expires": HTTPDate.iso8601(moment + seconds * 1000),
                    "ServerTime": HTTPDate.iso8601(now),
                ])
        }
        try Self.checkSignedHeaders(claim, request)
        let payload = request.header("x-amz-content-sha256") ?? request.parameter("X-Amz-Content-Sha256")
        let key = keys.key(secret: user.secretKey, date: claim.date, region: claim.region, service: claim.service)
        try check(
            request, claim, time: time, query: request.query.filter { $0.name != "X-Amz-Signature" },
            payload: payload ?? "UNSIGNED-PAYLOAD", key: key)
        let signer = ChunkSigner(key: key, time: time, scope: claim.scope, previous: claim.signature)
        return S3Identity(
            user: user, payload: try payload.map { p throws(S3Error) in try Self.payload(p, signer) } ?? .unsigned)
    }

    /// The signature of a form's policy, with the same derived key.
    func verifyPolicy(_ policy: String, credential: String, signature: String) throws(S3Error) -> StoreUser {
        let claim = try Self.claim(credential: credential) {
            S3Error(400, "InvalidArgument", "Invalid x-amz-credential: \($0)")
        }
        let user = try user(claim.accessKey)
        let key = keys.key(secret: user.secretKey, date: claim.date, region: claim.region, service: claim.service)
        guard ConstantTime.equal(Hex.encode(HMAC.sha256(policy.utf8, key: key)), signature) else {
            throw .signatureMismatch
        }
        return user
    }

    // MARK: What both share

    private func user(_ accessKey: String) throws(S3Error) -> StoreUser {
        guard let user = users[accessKey] else {
            throw S3Error(
                403, "InvalidAccessKeyId", "The AWS Access Key Id you provided does not exist in our records.",
                ["AWSAccessKeyId": accessKey])
        }
        return user
    }

    private func check(
        _ request: HTTPRequest, _ claim: Claim, time: String, query: [(name: String, value: String)], payload: String,
        key: [UInt8]
    ) throws(S3Error) {
        let decoded = PercentEncoding.strictlyDecode(request.rawPath[...]) ?? request.rawPath
        let canonical = Self.canonicalRequest(
            request, path: PercentEncoding.encode(decoded, keepingSlash: true), query: query,
            signedHeaders: claim.signedHeaders, payload: payload)
        let hash = Hex.encode(SHA256.hash(canonical.utf8))
        let text = "\(Self.algorithm)\n\(time)\n\(claim.scope)\n\(hash)"
        let expected = Hex.encode(HMAC.sha256(text.utf8, key: key))
        guard ConstantTime.equal(expected, claim.signature) else {
            var error = S3Error.signatureMismatch
            error.details = [
                ("AWSAccessKeyId", claim.accessKey), ("StringToSign", text),
                ("SignatureProvided", claim.signature), ("CanonicalRequest", canonical),
            ]
            throw error
        }
    }

    private static func canonicalRequest(
        _ request: HTTPRequest, path: String, query: [(name: String, value: String)], signedHeaders: [String],
        payload: String
    ) -> String {
        let fields = query.map { (PercentEncoding.encode($0.name), PercentEncoding.encode($0.value)) }
            .sorted { $0.0 != $1.0 ? $0.0.precedes($1.0) : $0.1.precedes($1.1) }
        var text = "\(request.method)\n\(path)\n"
        for (index, field) in fields.enumerated() {
            if index > 0 { text += "&" }
            text += field.0 + "=" + field.1
        }
        text += "\n"
        for name in signedHeaders {
            text += name + ":" + request.headers[name].map(Self.trimmed).joined(separator: ",") + "\n"
        }
        return text + "\n" + signedHeaders.joined(separator: ";") + "\n" + payload
    }

    /// Without spaces around it, and with one where there were several.
    private static func trimmed(_ value: String) -> String {
        guard value.utf8.contains(where: { $0 == 0x20 || $0 == 0x09 }) else { return value }
        return value.split(whereSeparator: { $0 == " " || $0 == "\t" }).joined(separator: " ")
    }

    private static func checkSignedHeaders(_ claim: Claim, _ request: HTTPRequest) throws(S3Error) {
        guard claim.signedHeaders.contains("host") else {
            throw S3Error(
                403, "AccessDenied", "There were headers present in the request which were not signed",
                ["HeadersNotSigned": "host"])
        }
        let unsigned = request.headers.map { $0.name.lowercased() }
            .filter { $0.hasPrefix("x-amz-") && $0 != "x-amz-content-sha256" && !claim.signedHeaders.contains($0) }
        guard unsigned.isEmpty else {
            throw S3Error(
                403, "AccessDenied", "There were headers present in the request which were not signed",
                ["HeadersNotSigned": unsigned.joined(separator: ", ")])
        }
    }

    static func checkSkew(_ moment: Int64) throws(S3Error) {
        let now = Clock.milliseconds()
        guard abs(now - moment) <= skew else {
            throw S3Error(
                403, "RequestTimeTooSkewed",
                "The difference between the request time and the current time is too large.",
                [
                    "RequestTime": HTTPDate.basic(moment), "ServerTime": HTTPDate.iso8601(now),
                    "MaxAllowedSkewMilliseconds": String(skew),
                ])
        }
    }

    private static func payload(_ value: String, _ signer: ChunkSigner) throws(S3Error) -> S3Identity.Payload {
        switch value {
        case "UNSIGNED-PAYLOAD": return .unsigned
        case "STREAMING-UNSIGNED-PAYLOAD-TRAILER": return .chunked(signer: nil, trailer: true)
        case "STREAMING-AWS4-HMAC-SHA256-PAYLOAD": return .chunked(signer: signer, trailer: false)
        case "STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER": return .chunked(signer: signer, trailer: true)
        default:
            guard value.utf8.count == 64, Hex.decode(value) != nil else {
                throw .invalidArgument(
                    "x-amz-content-sha256 must be UNSIGNED-PAYLOAD, STREAMING-UNSIGNED-PAYLOAD-TRAILER, "
                        + "STREAMING-AWS4-HMAC-SHA256-PAYLOAD, STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER, "
                        + "STREAMING-AWS4-ECDSA-P256-SHA256-PAYLOAD, "
                        + "STREAMING-AWS4-ECDSA-P256-SHA256-PAYLOAD-TRAILER or a valid sha256 value.",
                    name: "x-amz-content-sha256", value: value)
            }
            return .hashed(value)
        }
    }

    private static func claim(authorization: String) throws(S3Error) -> Claim {
        func malformed(_ reason: String) -> S3Error {
            S3Error(400, "AuthorizationHeaderMalformed", "The authorization header is malformed; \(reason)")
        }
        var fields: [Substring: Substring] = [:]
        for field in authorization.dropFirst(algorithm.count).split(separator: ",") {
            let field = field.drop { $0 == " " }
            guard let equals = field.firstIndex(of: "=") else {
                throw malformed("the field \"\(field)\" has no value.")
            }
            var value = field[field.index(after: equals)...]
            while value.last == " " { value.removeLast() }
            fields[field[..<equals]] = value
        }
        guard let credential = fields["Credential"] else { throw malformed("the Credential field is missing.") }
        guard let headers = fields["SignedHeaders"] else { throw malformed("the SignedHeaders field is missing.") }
        guard let signature = fields["Signature"] else { throw malformed("the Signature field is missing.") }
        var claim = try claim(credential: String(credential)) { malformed("\($0)") }
        claim.signedHeaders = headers.split(separator: ";").map { $0.lowercased() }
        claim.signature = String(signature)
        return claim
    }

    private static func claim(credential: String, _ malformed: (String) -> S3Error) throws(S3Error) -> Claim {
        // From the back: an access key may contain slashes.
        let parts = credential.split(separator: "/", omittingEmptySubsequences: false)
        guard parts.count >= 5, parts.last == "aws4_request" else {
            throw malformed(
                "the Credential is mal-formed; expecting \"<YOUR-AKID>/YYYYMMDD/REGION/SERVICE/aws4_request\".")
        }
        let count = parts.count
        guard parts[count - 4].utf8.count == 8, Int(parts[count - 4]) != nil else {
            throw malformed(
                "incorrect date format \"\(parts[count - 4])\". This date in the credential must be in the "
                    + "format \"yyyyMMdd\"."
            )
        }
        guard parts[count - 2] == "s3" || parts[count - 2] == "sts" else {
            throw malformed("incorrect service \"\(parts[count - 2])\". This endpoint belongs to \"s3\".")
        }
        return Claim(
            accessKey: parts[..<(count - 4)].joined(separator: "/"), date: String(parts[count - 4]),
            region: String(parts[count - 3]), service: String(parts[count - 2]), signedHeaders: [], signature: "")
    }

    /// - Parameter status: 403 where the address is well-formed and never was valid, as for one that expired: AWS
    ///   answers 400 there, Ceph's suite and its users take a refusal for a refusal.
    private static func queryError(_ message: String, status: Int = 400) -> S3Error {
        S3Error(status, "AuthorizationQueryParametersError", message)
    }
}
