import Cryptography

/// Signs a body while it is sent, chunk by chunk: each signature is over the one before it
/// (https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-streaming.html, and sigv4-streaming-trailers.html).
struct S3ChunkSigner: Sendable {
    /// What the request's payload hash says of such a body.
    static let payload = "STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER"
    /// Of a signature in hexadecimal.
    static let signatureLength = 64

    let key: [UInt8]
    /// As in `x-amz-date`.
    let time: String
    let scope: String
    /// The request's own signature, then the last one that was made.
    private(set) var previous: String

    init(key: [UInt8], time: String, scope: String, seed: String) {
        (self.key, self.time, self.scope, previous) = (key, time, scope, seed)
    }

    /// The signature of the next chunk; the last one is empty.
    mutating func sign(chunk: [UInt8]) -> String {
        next("AWS4-HMAC-SHA256-PAYLOAD", [Hex.encode(SHA256.hash([])), Hex.encode(SHA256.hash(chunk))])
    }

    /// The signature of what follows the last chunk: lines of `name:value`, each with its end.
    mutating func sign(trailer: String) -> String {
        next("AWS4-HMAC-SHA256-TRAILER", [Hex.encode(SHA256.hash(trailer.utf8))])
    }

    private mutating func next(_ algorithm: String, _ hashes: [String]) -> String {
        let text = ([algorithm, time, scope, previous] + hashes).joined(separator: "\n")
        previous = Hex.encode(HMAC.sha256(text.utf8, key: key))
        return previous
    }
}
