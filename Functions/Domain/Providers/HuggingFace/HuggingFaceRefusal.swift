internal import HTTPClient
internal import JSON

/// An answer of Hugging Face that is not a success: `{"error": "…"}` or `{"error": ["…"]}`, of a model that loads with the seconds it
/// will take as `estimated_time`.
struct HuggingFaceRefusal {
    private let status: Int
    private let headers: HTTPHeaders
    private let text: String
    private let estimate: Double?

    /// The longest time a model is waited for that loads before it is asked again.
    private static let longestLoading = 120.0
    private static let longestWait = 86_400.0

    init(_ response: HTTPClient.Response, _ problem: JSON) {
        status = response.status
        headers = response.headers
        let error = problem["error"]
        let sentences = [error?.string, error?["message"]?.string].compactMap(\.self)
        text = String(
            (sentences.first ?? (error?.array ?? []).compactMap(\.string).joined(separator: "; ")).prefix(500))
        estimate = problem["estimated_time"]?.double
    }

    var error: ProviderError {
        switch status {
        case 401, 403:
            return ProviderError(
                .quota, "Hugging Face does not let the token use this (status \(status))\(detail); see HF_TOKEN")
        case 402: return ProviderError(.quota, "the Hugging Face account has no credit left\(detail)")
        case 429: return ProviderError(.limited(wait: wait), "Hugging Face asks to wait\(detail)")
        case 503 where estimate != nil:
            let seconds = max(0, min(estimate ?? 0, Self.longestLoading))
            return ProviderError(.limited(wait: .seconds(seconds)), "the model is being loaded\(detail)")
        case 408, 424, 500...:
            return ProviderError(.unavailable, "Hugging Face failed (status \(status))\(detail)")
        case 400..<500 where isRefusal: return ProviderError(.refused, "Hugging Face refuses to draw this\(detail)")
        default:
            return ProviderError(.invalid, "Hugging Face does not accept the request (status \(status))\(detail)")
        }
    }

    /// The seconds until the spent limit starts anew, as the draft has them
    /// (https://datatracker.ietf.org/doc/draft-ietf-httpapi-ratelimit-headers): `"api";r=0;t=55`.
    private var wait: Duration? {
        let limits = (headers["ratelimit"] ?? "").split(separator: ",").compactMap { limit -> Double? in
            let members = limit.split(separator: ";").map { $0.filter { $0 != " " } }
            guard members.contains("r=0") else { return nil }
            return members.first { $0.hasPrefix("t=") }.flatMap { Double($0.dropFirst(2)) }
        }
        if let longest = limits.filter({ $0.isFinite && $0 >= 0 }).max() {
            return .seconds(min(longest, Self.longestWait))
        }
        return headers["retry-after"].flatMap { WaitHint($0)?.duration }
    }

    private var isRefusal: Bool {
        let text = text.lowercased()
        return ["nsfw", "safety", "sensitive", "flagged", "moderation"].contains { text.contains($0) }
    }

    private var detail: String { text.isEmpty ? "" : ": \(text)" }
}
