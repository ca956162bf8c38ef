internal import Cryptography
internal import FunctionRuntime

/// A key that call-backs are signed with, as Standard Webhooks writes it: `whsec_` and base64.
package struct WebhookSecret: Sendable, Hashable, CustomStringConvertible, CustomReflectable {
    let bytes: [UInt8]

    /// Nil when the text is not of that form.
    package init?(_ text: some StringProtocol) {
        let prefix = "whsec_"
        guard text.hasPrefix(prefix), let bytes = Base64.decode(String(text.dropFirst(prefix.count))), !bytes.isEmpty
        else { return nil }
        self.bytes = bytes
    }

    package var description: String { Configuration.redacted }
    package var customMirror: Mirror { Mirror(self, children: []) }

    /// A key of several secrets, any of which may have signed: the old one and the new one while they are rotated.
    static func key(_ name: String, of provider: String) -> ConfigurationKey<[WebhookSecret]> {
        ConfigurationKey(
            name, summary: "secrets that \(provider) signs its call-backs with; several while they are rotated",
            default: [], secret: true, kind: "a list of webhook secrets", want: "whsec_… whsec_…"
        ) { text in
            let words = text.split { $0 == " " || $0 == "," }
            let secrets = words.compactMap { WebhookSecret($0) }
            return secrets.count == words.count ? secrets : nil
        }
    }
}
