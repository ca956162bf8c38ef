import Cryptography
import FoundationEssentials
import HTTPClient

/// AWS Signature Version 4 (https://docs.aws.amazon.com/AmazonS3/latest/API/sig-v4-authenticating-requests.html).
struct S3Signer: Sendable {
    let accessKeyID: String
    let secretAccessKey: String
    let region: String

    static let unsignedPayload = "UNSIGNED-PAYLOAD"

    /// Adds `x-amz-date`, `x-amz-content-sha256` and `authorization`; every header set before is signed.
    /// - Returns: the signature.
    @discardableResult
    func sign(_ request: inout StorageRequest, payloadHash: String, at date: Date) -> String {
        let time = UTCTime(date)
        request.set("x-amz-content-sha256", payloadHash)
        request.set("x-amz-date", time.basic)
        let headers = signedHeaders(of: request)
        let canonical = canonicalRequest(request, query: request.query, headers, payloadHash)
        let signature = signature(of: canonical, time)
        let authorization =
            "AWS4-HMAC-SHA256 Credential=\(accessKeyID)/\(scope(time)),"
            + "SignedHeaders=\(names(headers)),Signature=\(signature)"
        request.set("authorization", authorization)
        return signature
    }

    /// Signs the chunks of a request's body.
    /// - Parameter seed: the request's signature.
    func chunkSigner(seed: String, at date: Date) -> S3ChunkSigner {
        let time = UTCTime(date)
        return S3ChunkSigner(key: key(time), time: time.basic, scope: scope(time), seed: seed)
    }

    /// The URL that does what `request` does until `expiry` has passed; every header set in it must be sent along.
    func presignedURL(_ request: StorageRequest, expiry: Duration, at date: Date) -> String {
        let time = UTCTime(date)
        let headers = signedHeaders(of: request)
        var request = request
        request.query += [
            ("X-Amz-Algorithm", "AWS4-HMAC-SHA256"), ("X-Amz-Credential", "\(accessKeyID)/\(scope(time))"),
            ("X-Amz-Date", time.basic), ("X-Amz-Expires", "\(expiry.components.seconds)"),
            ("X-Amz-SignedHeaders", names(headers)),
        ]
        let canonical = canonicalRequest(request, query: request.query, headers, Self.unsignedPayload)
        return request.url + "&X-Amz-Signature=" + signature(of: canonical, time)
    }

    private func signedHeaders(of request: StorageRequest) -> [(String, String)] {
        (request.headers + [("host", request.endpoint.host)]).sorted { $0.0 < $1.0 }
    }

    private func names(_ headers: [(String, String)]) -> String { headers.map(\.0).joined(separator: ";") }

    private func scope(_ time: UTCTime) -> String { "\(time.basicDate)/\(region)/s3/aws4_request" }

    private func canonicalRequest(
        _ request: StorageRequest, query: [(String, String)], _ headers: [(String, String)], _ payloadHash: String
    ) -> String {
        let lines = headers.map { "\($0.0):\(Self.trimmed($0.1))\n" }.joined()
        return [
            request.method.name, request.path, PercentEncoding.query(query), lines, names(headers), payloadHash,
        ].joined(separator: "\n")
    }

    private func signature(of canonicalRequest: String, _ time: UTCTime) -> String {
        let text = [
            "AWS4-HMAC-SHA256", time.basic, scope(time), Hex.encode(SHA256.hash(canonicalRequest.utf8)),
        ].joined(separator: "\n")
        return Hex.encode(HMAC.sha256(text.utf8, key: key(time)))
    }

    private func key(_ time: UTCTime) -> [UInt8] {
        var key = Array("AWS4\(secretAccessKey)".utf8)
        for part in [time.basicDate, region, "s3", "aws4_request"] { key = HMAC.sha256(part.utf8, key: key) }
        return key
    }

    /// Without blanks at the ends, and with single ones between words.
    private static func trimmed(_ value: String) -> String { value.split(separator: " ").joined(separator: " ") }
}
