internal import Cryptography
internal import FoundationEssentials
internal import FunctionRuntime

/// Signatures as fal.ai has them (https://docs.fal.ai/model-apis/model-endpoints/webhooks): Ed25519 over four lines.
enum FalWebhook {
    /// Believes the message when any of the keys made its signature.
    ///
    /// - Parameters:
    ///   - body: the bytes as they came.
    ///   - keys: public keys of 32 bytes.
    /// - Returns: the message's id: fal sends one for each request, and the same again when it repeats it.
    static func verify(
        _ headers: Headers, _ body: [UInt8], keys: [[UInt8]], now: Date
    ) throws(WebhookRefusal) -> String {
        let request = try headers.signed("x-fal-webhook-request-id")
        let user = try headers.signed("x-fal-webhook-user-id")
        let time = try headers.signedTime("x-fal-webhook-timestamp", now: now)
        let name = "x-fal-webhook-signature"
        guard let signature = Hex.decode(try headers.signed(name)), signature.count == 64 else {
            throw .malformed(header: name, want: "128 hexadecimal digits")
        }
        let lines = [request, user, time, Hex.encode(SHA256.hash(body))]
        let message = Array(lines.joined(separator: "\n").utf8)
        // A key of another length is no key of this kind, and signs nothing.
        guard
            keys.contains(where: { (try? Ed25519.isValid(signature: signature, for: message, publicKey: $0)) == true })
        else { throw .wrongSignature }
        return request
    }
}
