package import JSON

/// What a call-back says about one call.
package struct WebhookNotice: Sendable, Hashable {
    /// The provider's own id of the call; nil where it does not say.
    package var requestID: String?
    /// The state it tells, in the provider's own word.
    package var state: String
    /// Whether that state is a last one.
    package var isEnd: Bool

    /// Reads what the provider posted. What is unknown is no error: whoever hears of it looks for the truth.
    package init(_ provider: String, _ body: JSON) {
        switch provider {
        case Replicate.name:
            requestID = body["id"]?.string
            state = body["status"]?.string ?? ""
            isEnd = !["starting", "processing"].contains(state)
        case Fal.name:
            requestID = body["request_id"]?.string
            state = body["status"]?.string ?? ""
            isEnd = true
        case OpenAI.name:
            requestID = body["data"]?["id"]?.string
            state = body["type"]?.string ?? ""
            isEnd = true
        default:
            requestID = nil
            state = ""
            isEnd = false
        }
    }
}
