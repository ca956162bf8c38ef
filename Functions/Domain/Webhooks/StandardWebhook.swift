internal import Cryptography
internal import FoundationEssentials
internal import FunctionRuntime

/// Signatures as Standard Webhooks has them (https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md),
/// which Replicate and OpenAI use.
enum StandardWebhook {
    /// Believes the message when any of its signatures was made with any of the secrets.
    ///
    /// - Parameter body: the bytes as they came.
    /// - Returns: the message's id: it stays the same when the message is sent again.
    static func verify(
        _ headers: Headers, _ body: [UInt8], secrets: [WebhookSecret], now: Date
    ) throws(WebhookRefusal) -> String {
        let id = try headers.signed("webhook-id")
        let time = try headers.signedTime("webhook-timestamp", now: now)
        let signatures = try headers.signed("webhook-signature").split(separator: " ").filter { $0.hasPrefix("v1,") }
        guard !signatures.isEmpty else { throw .malformed(header: "webhook-signature", want: "v1,<base64>") }
        let signed = Array("\(id).\(time).".utf8) + body
        for secret in secrets {
            let wanted = Base64.encode(HMAC.sha256(signed, key: secret.bytes))
            for signature in signatures where ConstantTime.equal(String(signature.dropFirst(3)), wanted) { return id }
        }
        throw .wrongSignature
    }
}
