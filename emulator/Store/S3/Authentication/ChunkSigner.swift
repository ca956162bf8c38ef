import Cryptography

/// Checks the chain of signatures that `STREAMING-AWS4-HMAC-SHA256-PAYLOAD` puts through a body.
struct ChunkSigner: Sendable {
    let key: [UInt8]
    /// `20261120T211555Z`.
    let time: String
    /// `20261120/us-east-1/s3/aws4_request`.
    let scope: String
    /// The request's signature at first, then each chunk's.
    var previous: String

    private static let emptyHash = Hex.encode(SHA256.hash([]))

    /// Whether `signature` is right for a chunk with this hash; it then is the next chunk's predecessor.
    mutating func accepts(chunkHash: [UInt8], signature: String) -> Bool {
        check(
            "AWS4-HMAC-SHA256-PAYLOAD\n\(time)\n\(scope)\n\(previous)\n\(Self.emptyHash)\n\(Hex.encode(chunkHash))",
            signature)
    }

    /// Whether `signature` is right for the fields after the last chunk.
    mutating func accepts(trailerHash: [UInt8], signature: String) -> Bool {
        check("AWS4-HMAC-SHA256-TRAILER\n\(time)\n\(scope)\n\(previous)\n\(Hex.encode(trailerHash))", signature)
    }

    private mutating func check(_ text: String, _ signature: String) -> Bool {
        let expected = Hex.encode(HMAC.sha256(text.utf8, key: key))
        guard ConstantTime.equal(expected, signature) else { return false }
        previous = expected
        return true
    }
}
