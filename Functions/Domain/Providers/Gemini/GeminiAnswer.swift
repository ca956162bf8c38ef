internal import Cryptography
internal import JSON

/// A successful answer of Gemini, which may say no all the same.
struct GeminiAnswer {
    private let json: JSON

    /// Reasons to stop that mean that the model will not do this.
    private static let refusals: Set = [
        "SAFETY", "RECITATION", "BLOCKLIST", "PROHIBITED_CONTENT", "SPII", "ESCALATION", "MODEL_ARMOR",
        "IMAGE_SAFETY", "IMAGE_PROHIBITED_CONTENT", "IMAGE_RECITATION",
    ]
    /// Reasons to stop that another attempt would meet again.
    private static let endings: Set = ["MAX_TOKENS", "LANGUAGE", "CONTINUATION"]

    init(_ json: JSON) { self.json = json }

    private var parts: [JSON] {
        let candidates = json["candidates"]?.array ?? []
        // What the model thought on its way is no answer.
        return candidates.flatMap { $0["content"]?["parts"]?.array ?? [] }.filter { $0["thought"] != true }
    }

    /// The pictures among the parts.
    var pictures: [[UInt8]] {
        parts.compactMap { part in
            let data = part["inlineData"] ?? part["inline_data"]
            return data?["data"]?.string.flatMap { Base64.decode($0) }
        }.filter { !$0.isEmpty }
    }

    var text: String { parts.compactMap { $0["text"]?.string }.joined() }

    /// Why the first candidate ends.
    private var ending: String { json["candidates"]?[0]?["finishReason"]?.string ?? "no reason" }

    /// What the answer means where it is a refusal.
    var refusal: ProviderError? {
        // Whatever the reason is called: a blocked prompt is blocked.
        if let reason = json["promptFeedback"]?["blockReason"]?.string {
            return ProviderError(.refused, "Gemini refuses this prompt (\(reason.prefix(80)))\(note)")
        }
        if Self.refusals.contains(ending) { return ProviderError(.refused, "Gemini refuses this (\(ending))\(note)") }
        if ending == "PUP_LIMITED_DISABLED" {
            return ProviderError(.quota, "the Gemini account is limited because of what was asked of it")
        }
        return nil
    }

    /// What it means that there is no picture.
    var withoutPicture: ProviderError {
        let words = text.isEmpty ? "" : ": it said \"\(text.prefix(300))\""
        let message = "Gemini answered without a picture (\(ending.prefix(80)))\(words)"
        return Self.endings.contains(ending)
            ? ProviderError(.invalid, message, code: "provider_failed") : ProviderError(.unavailable, message)
    }

    /// What it means that there is no whole text; nil where there is.
    var withoutText: ProviderError? {
        if Self.endings.contains(ending) {
            return ProviderError(.invalid, "Gemini's text has no end (\(ending))", code: "provider_failed")
        }
        return text.isEmpty ? ProviderError(.unavailable, "Gemini answered without a text (\(ending.prefix(80)))") : nil
    }

    private var note: String {
        let message =
            json["candidates"]?[0]?["finishMessage"]?.string ?? json["promptFeedback"]?["blockReasonMessage"]?.string
        return message.map { ": \($0.prefix(300))" } ?? ""
    }
}
