import NIOHTTP1

/// What a bucket policy is asked: whether somebody may do something to something.
struct S3PolicyQuestion {
    let user: StoreUser?
    /// As `s3:GetObject`.
    let action: String
    let bucket: BucketRecord
    /// Empty: the bucket itself.
    let key: String
    let request: HTTPRequest
    /// The object's, where there is one.
    var tags: [(name: String, value: String)] = []
    /// Those that a request brings in its body.
    var requestTags: [(name: String, value: String)]?
    /// What a listing would be restricted to, where the question is not about a listing.
    var prefix: String?

    var resource: String { "arn:aws:s3:::" + bucket.name + (key.isEmpty ? "" : "/" + key) }

    /// The values of a condition key in lower case; nil where the request has none
    /// (https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazons3.html).
    func values(_ key: String) -> [String]? {
        if let name = Self.rest(of: key, after: "s3:existingobjecttag/") {
            return tags.first { $0.name.lowercased() == name }.map { [$0.value] }
        }
        if let name = Self.rest(of: key, after: "s3:requestobjecttag/") {
            return broughtTags?.first { $0.name.lowercased() == name }.map { [$0.value] }
        }
        if key == "s3:requestobjecttagkeys" { return broughtTags?.map(\.name) }
        return value(key).map { [$0] }
    }

    private static func rest(of key: String, after prefix: String) -> String? {
        key.hasPrefix(prefix) ? String(key.dropFirst(prefix.count)) : nil
    }

    /// The tags a request would give an object.
    private var broughtTags: [(name: String, value: String)]? {
        requestTags ?? request.header("x-amz-tagging").flatMap { try? S3Tags.parse(header: $0) }
    }

    private func value(_ key: String) -> String? {
        switch key {
        case "aws:sourceip": request.peer
        case "aws:securetransport": "false"
        case "aws:useragent": request.header("user-agent")
        case "aws:referer": request.header("referer")
        case "aws:username": user?.name
        case "aws:userid": user?.id
        case "aws:principalaccount": user?.id
        case "aws:principalarn": user.map { "arn:aws:iam::\($0.id):user/\($0.name)" }
        case "aws:principaltype": user == nil ? "Anonymous" : "User"
        case "aws:currenttime": HTTPDate.iso8601(Clock.milliseconds())
        case "aws:epochtime": String(Clock.seconds())
        case "s3:resourceaccount": bucket.owner
        case "s3:prefix": prefix ?? request.parameter("prefix")
        case "s3:delimiter": request.parameter("delimiter")
        case "s3:max-keys": request.parameter("max-keys")
        case "s3:versionid": request.parameter("versionId")
        case "s3:authtype": authType
        case "s3:signatureversion": signatureVersion
        case "s3:object-lock-mode", "s3:object-lock-retain-until-date", "s3:object-lock-legal-hold":
            request.header("x-amz-" + key.dropFirst(3))
        case "s3:x-amz-copy-source": request.header("x-amz-copy-source").map(Self.plainSource)
        case _ where key.hasPrefix("s3:x-amz-"): request.header(String(key.dropFirst(3)))
        default: nil
        }
    }

    private var authType: String? {
        if user == nil { return nil }
        if request.has("X-Amz-Signature") || request.has("Signature") { return "REST-QUERY-STRING" }
        return request.headers.contains(name: "authorization") ? "REST-HEADER" : "POST"
    }

    private var signatureVersion: String? {
        if user == nil { return nil }
        let isOld = request.has("AWSAccessKeyId") || request.header("authorization")?.hasPrefix("AWS ") == true
        return isOld ? "AWS" : SignatureV4.algorithm
    }

    /// `bucket/key` as policies write it: decoded, without a slash before it and a version behind it.
    private static func plainSource(_ header: String) -> String {
        let path = header.prefix { $0 != "?" }
        let decoded = PercentEncoding.decode(path)
        return decoded.hasPrefix("/") ? String(decoded.dropFirst()) : decoded
    }
}
