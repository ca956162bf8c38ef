/// Finds out who sent a request.
struct S3Authenticator: Sendable {
    private let version4: SignatureV4
    private let version2: SignatureV2
    /// Who everybody is where signatures are not looked at.
    private let anybody: StoreUser?

    /// - Parameter anybody: taken for the sender of every request, whatever it is signed with; nil: signatures count.
    init(users: [StoreUser], domains: [String], anybody: StoreUser? = nil) {
        self.anybody = anybody
        let users = Dictionary(users.map { ($0.accessKey, $0) }, uniquingKeysWith: { first, _ in first })
        version4 = SignatureV4(users: users, keys: SigningKeys())
        version2 = SignatureV2(users: users, domains: domains)
    }

    /// - Throws: what AWS answers to a wrong, expired or malformed signature.
    func identify(_ request: HTTPRequest) throws(S3Error) -> S3Identity {
        if let anybody {
            let payload = request.header("x-amz-content-sha256") ?? ""
            let isChunked = payload.hasPrefix("STREAMING-")
            return S3Identity(
                user: anybody,
                payload: isChunked ? .chunked(signer: nil, trailer: payload.hasSuffix("-TRAILER")) : .unsigned)
        }
        let isQuery4 =
            request.has("X-Amz-Signature") || request.has("X-Amz-Credential") || request.has("X-Amz-Algorithm")
        let isQuery2 = request.has("Signature") && request.has("AWSAccessKeyId")
        guard let authorization = request.header("authorization"), !authorization.isEmpty else {
            if isQuery4 { return try version4.verifyQuery(request) }
            if isQuery2 { return try version2.verifyQuery(request) }
            let isChunked = request.header("x-amz-content-sha256") == "STREAMING-UNSIGNED-PAYLOAD-TRAILER"
            return S3Identity(user: nil, payload: isChunked ? .chunked(signer: nil, trailer: true) : .unsigned)
        }
        if isQuery4 || isQuery2 {
            throw .invalidArgument(
                "Only one auth mechanism allowed; only the X-Amz-Algorithm query parameter, Signature query "
                    + "string parameter or the Authorization header should be specified",
                name: "Authorization", value: authorization)
        }
        if authorization.hasPrefix(SignatureV4.algorithm) {
            return try version4.verifyHeader(request, authorization: authorization)
        }
        if authorization.hasPrefix("AWS ") {
            return try version2.verifyHeader(request, authorization: authorization)
        }
        throw .invalidArgument("Unsupported Authorization Type", name: "Authorization", value: authorization)
    }

    /// Who signed the policy of a form; nil for a form without one.
    func identify(form: [String: String]) throws(S3Error) -> StoreUser? {
        if let anybody { return anybody }
        guard let policy = form["policy"] else { return nil }
        if let credential = form["x-amz-credential"], let signature = form["x-amz-signature"] {
            return try version4.verifyPolicy(policy, credential: credential, signature: signature)
        }
        if let accessKey = form["awsaccesskeyid"], let signature = form["signature"] {
            return try version2.verifyPolicy(policy, accessKey: accessKey, signature: signature)
        }
        throw .invalidArgument(
            "Bucket POST must contain a field named 'AWSAccessKeyId'.  If it is specified, please check the "
                + "order of the fields."
        )
    }
}
