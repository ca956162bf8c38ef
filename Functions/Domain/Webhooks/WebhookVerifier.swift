internal import Cryptography
package import FoundationEssentials
package import FunctionRuntime
package import HTTPClient
internal import JSON

/// Tells whether a call-back is the provider's: by its signature over the raw bytes, where the provider signs.
package struct WebhookVerifier: Sendable {
    package static let replicateSecrets = WebhookSecret.key("REPLICATE_WEBHOOK_SECRET", of: "Replicate")
    package static let openAISecrets = WebhookSecret.key("OPENAI_WEBHOOK_SECRET", of: "OpenAI")

    /// The keys a function declares that verifies call-backs.
    package static let environment: [any ConfigurationKeyProtocol] = [
        replicateSecrets, Replicate.presence, Replicate.baseURL, openAISecrets, Fal.restURL,
    ]

    private let replicate: [WebhookSecret]
    private let openAI: [WebhookSecret]
    private let fetchedSecrets: FetchedKeys<WebhookSecret>?
    private let falKeys: FetchedKeys<[UInt8]>

    /// - Throws: `ConfigurationProblem`.
    package init(_ configuration: Configuration, _ client: HTTPClient) throws {
        replicate = try configuration[Self.replicateSecrets]
        openAI = try configuration[Self.openAISecrets]
        fetchedSecrets = try Self.secrets(of: configuration, client)
        falKeys = FetchedKeys(
            client,
            HTTPClient.Request(
                .get, try configuration[Fal.restURL] + "/.well-known/jwks.json", timeout: .seconds(10))
        ) { document in
            (document["keys"]?.array ?? []).compactMap { key in
                // https://www.rfc-editor.org/rfc/rfc8037#section-2
                guard key["kty"] == "OKP", key["crv"] == "Ed25519", let x = key["x"]?.string.flatMap(Base64.decodeURL),
                    x.count == 32
                else { return nil }
                return x
            }
        }
    }

    /// Replicate tells whoever has the account's token what it signs with, so that nothing need be configured.
    private static func secrets(
        of configuration: Configuration, _ client: HTTPClient
    ) throws -> FetchedKeys<WebhookSecret>? {
        guard let token = try configuration[Replicate.presence] else { return nil }
        let request = HTTPClient.Request(
            .get, try configuration[Replicate.baseURL] + "/v1/webhooks/default/secret",
            headers: ["authorization": "Bearer \(token)"], timeout: .seconds(10))
        return FetchedKeys(client, request) { answer in
            [answer["key"]?.string.flatMap { WebhookSecret($0) }].compactMap(\.self)
        }
    }

    /// - Returns: the message's id; nil from a provider that does not sign: such a message proves nothing.
    /// - Throws: `WebhookRefusal`; `Failure.unavailable` when the provider's keys cannot be had.
    package func verify(
        _ provider: String, _ headers: Headers, _ body: [UInt8], now: Date = Date()
    ) async throws -> String? {
        switch provider {
        case Replicate.name: try await verifyReplicate(headers, body, now)
        case OpenAI.name:
            try Self.standard(headers, body, openAI, now, key: Self.openAISecrets.name)
        case Fal.name:
            try await Self.trying(falKeys, now) { keys throws(WebhookRefusal) in
                try FalWebhook.verify(headers, body, keys: keys, now: now)
            }
        default: nil
        }
    }

    private func verifyReplicate(_ headers: Headers, _ body: [UInt8], _ now: Date) async throws -> String {
        guard replicate.isEmpty, let fetchedSecrets else {
            return try Self.standard(headers, body, replicate, now, key: Self.replicateSecrets.name)
        }
        return try await Self.trying(fetchedSecrets, now) { secrets throws(WebhookRefusal) in
            try StandardWebhook.verify(headers, body, secrets: secrets, now: now)
        }
    }

    private static func standard(
        _ headers: Headers, _ body: [UInt8], _ secrets: [WebhookSecret], _ now: Date, key: String
    ) throws(WebhookRefusal) -> String {
        guard !secrets.isEmpty else { throw .unverifiable(key: key) }
        return try StandardWebhook.verify(headers, body, secrets: secrets, now: now)
    }

    /// Verifies with the keys at hand, and once more with new ones where none of these fits.
    private static func trying<Key>(
        _ source: FetchedKeys<Key>, _ now: Date, _ verify: ([Key]) throws(WebhookRefusal) -> String
    ) async throws -> String {
        do throws(WebhookRefusal) {
            // What is wrong whatever the key is told before anybody asks for keys.
            return try verify([])
        } catch {
            guard error == .wrongSignature else { throw error }
        }
        do {
            return try verify(try await source.current(now: now))
        } catch WebhookRefusal.wrongSignature {
            guard let keys = try await source.renewed(now: now) else { throw WebhookRefusal.wrongSignature }
            return try verify(keys)
        }
    }
}
