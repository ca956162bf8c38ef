import Cryptography

/// Signature version 2, which older tools still send
/// (https://docs.aws.amazon.com/AmazonS3/latest/userguide/RESTAuthentication.html).
struct SignatureV2: Sendable {
    let users: [String: StoreUser]
    let domains: [String]

    /// The parameters that name a subresource and are therefore signed.
    private static let signedParameters: Set<String> = [
        "acl", "accelerate", "analytics", "cors", "defaultObjectAcl", "delete", "encryption", "inventory", "legal-hold",
        "lifecycle", "location", "logging", "metrics", "notification", "object-lock", "partNumber", "policy",
        "policyStatus", "publicAccessBlock", "replication", "requestPayment", "response-cache-control",
        "response-content-disposition", "response-content-encoding", "response-content-language",
        "response-content-type", "response-expires", "restore", "retention", "select", "select-type", "tagging",
        "torrent", "uploadId", "uploads", "versionId", "versioning", "versions", "website",
    ]

    /// Those of them that are younger than this signature: some clients sign them, some do not.
    private static let doubtfulParameters: Set<String> = [
        "encryption", "legal-hold", "policyStatus", "publicAccessBlock", "retention",
    ]

    func verifyHeader(_ request: HTTPRequest, authorization: String) throws(S3Error) -> S3Identity {
        let parts = authorization.dropFirst(4).split(separator: ":", omittingEmptySubsequences: false)
        guard parts.count == 2, !parts[0].isEmpty else {
            throw .invalidArgument(
                "AWS authorization header is invalid.  Expected AwsAccessKeyId:signature", name: "Authorization",
                value: authorization)
        }
        let user = try user(String(parts[0]))
        guard let date = request.header("x-amz-date") ?? request.header("date"),
            let moment = HTTPDate.parseRFC1123(date) ?? HTTPDate.parseBasic(date), moment >= 0
        else {
            throw S3Error(403, "AccessDenied", "AWS authentication requires a valid Date or x-amz-date header")
        }
        try SignatureV4.checkSkew(moment)
        let dated = request.header("x-amz-date") == nil ? request.header("date") ?? "" : ""
        try check(texts(request, date: dated), String(parts[1]), user)
        return S3Identity(user: user)
    }

    func verifyQuery(_ request: HTTPRequest) throws(S3Error) -> S3Identity {
        let user = try user(request.parameter("AWSAccessKeyId") ?? "")
        guard let expires = request.parameter("Expires"), let seconds = Int64(expires) else {
            throw S3Error(
                403, "AccessDenied",
                "Invalid date (should be seconds since epoch): \(request.parameter("Expires") ?? "")")
        }
        guard Clock.seconds() < seconds else {
            throw S3Error(
                403, "AccessDenied", "Request has expired",
                ["Expires": HTTPDate.iso8601(seconds * 1000), "ServerTime": HTTPDate.iso8601(Clock.milliseconds())])
        }
        try check(texts(request, date: expires), request.parameter("Signature") ?? "", user)
        return S3Identity(user: user)
    }

    func verifyPolicy(_ policy: String, accessKey: String, signature: String) throws(S3Error) -> StoreUser {
        let user = try user(accessKey)
        try check([policy], signature, user)
        return user
    }

    private func user(_ accessKey: String) throws(S3Error) -> StoreUser {
        guard let user = users[accessKey] else {
            throw S3Error(
                403, "InvalidAccessKeyId", "The AWS Access Key Id you provided does not exist in our records.",
                ["AWSAccessKeyId": accessKey])
        }
        return user
    }

    /// Compares with the signature of each reading of a request.
    private func check(_ texts: [String], _ signature: String, _ user: StoreUser) throws(S3Error) {
        let isRight = texts.contains { text in
            ConstantTime.equal(Base64.encode(HMAC.sha1(text.utf8, key: user.secretKey.utf8)), signature)
        }
        guard isRight else { throw .signatureMismatch }
    }

    /// What may have been signed. Clients differ in whether a bucket ends in a slash, which its path need not have.
    private func texts(_ request: HTTPRequest, date: String) -> [String] {
        let path = request.rawPath
        let isBucket = path.utf8.count > 1 && path.utf8.lastIndex(of: UInt8(ascii: "/")) == path.utf8.startIndex
        let hasDoubtful = request.query.contains { Self.doubtfulParameters.contains($0.name) }
        return
            (hasDoubtful
            ? [Self.signedParameters, Self.signedParameters.subtracting(Self.doubtfulParameters)]
            : [Self.signedParameters])
            .flatMap { names in
                (isBucket ? [path, path + "/"] : [path]).map { text(request, date: date, path: $0, signing: names) }
            }
    }

    private func text(_ request: HTTPRequest, date: String, path: String, signing names: Set<String>) -> String {
        let amazon = Dictionary(grouping: request.headers.filter { $0.name.lowercased().hasPrefix("x-amz-") }) {
            $0.name.lowercased()
        }
        let headers = amazon.sorted { $0.key.precedes($1.key) }
            .map { "\($0.key):\($0.value.map { $0.value.trimmingSpaces }.joined(separator: ","))\n" }.joined()
        let parameters = request.query.filter { names.contains($0.name) }
            .sorted { $0.name.precedes($1.name) }
            .map { $0.value.isEmpty ? $0.name : "\($0.name)=\($0.value)" }.joined(separator: "&")
        return [
            request.method, request.header("content-md5") ?? "", request.header("content-type") ?? "", date,
            headers + hostBucket(request) + path + (parameters.isEmpty ? "" : "?" + parameters),
        ].joined(separator: "\n")
    }

    /// `/bucket` where the bucket stands in the host name.
    private func hostBucket(_ request: HTTPRequest) -> String {
        let host = request.header("host")
        guard let plain = try? S3Address(path: request.rawPath, host: nil, domains: []),
            let full = try? S3Address(path: request.rawPath, host: host, domains: domains)
        else { return "" }
        return full.bucket == plain.bucket && full.key == plain.key ? "" : "/" + full.bucket
    }
}

extension String {
    /// Without spaces and tabs around it.
    var trimmingSpaces: String {
        var text = self[...]
        while let first = text.first, first == " " || first == "\t" { text.removeFirst() }
        while let last = text.last, last == " " || last == "\t" { text.removeLast() }
        return String(text)
    }
}
