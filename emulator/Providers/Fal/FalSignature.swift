import Cryptography
import FoundationEssentials
import JSON

/// How fal.ai signs its webhooks (https://docs.fal.ai/model-apis/model-endpoints/webhooks): Ed25519 over request id, user, time and the
/// body's SHA-256, each on a line of its own; the public key is served as a JSON Web Key (RFC 8037).
struct FalSignature: Sendable {
    private let key = SecureRandom.bytes(32)
    private let user = "stand-in"

    func headers(request: String, body: [UInt8], at date: Date) throws -> [(String, String)] {
        let seconds = String(Int(date.timeIntervalSince1970))
        let message = [request, user, seconds, Hex.encode(SHA256.hash(body))].joined(separator: "\n")
        let signature = try Ed25519.sign(Array(message.utf8), privateKey: key)
        return [
            ("x-fal-webhook-request-id", request), ("x-fal-webhook-user-id", user),
            ("x-fal-webhook-timestamp", seconds), ("x-fal-webhook-signature", Hex.encode(signature)),
        ]
    }

    /// `/.well-known/jwks.json`.
    func keys() throws -> JSON {
        let x = Base64.encodeURL(try Ed25519.publicKey(of: key))
        return ["keys": [["kty": "OKP", "crv": "Ed25519", "x": .string(x)]]]
    }
}
