internal import HTTPClient
internal import JSON

/// An answer of Gemini that is not a success: `{"error": {"code", "message", "status", "details": […]}}` with the details of
/// google.rpc (https://google.aip.dev/193): which quota is spent, and how long to wait.
struct GeminiRefusal {
    private let status: Int
    private let headers: HTTPHeaders
    private let problem: JSON

    init(_ response: HTTPClient.Response, _ body: JSON) {
        status = response.status
        headers = response.headers
        // A list of one where a stream was asked for.
        problem = (body[0] ?? body)["error"] ?? .null
    }

    var error: ProviderError {
        let name = problem["status"]?.string ?? ""
        switch status {
        case 400 where isAboutAccount || name == "FAILED_PRECONDITION", 401, 402, 403:
            // Its sentence may repeat the key.
            return ProviderError(
                .quota, "Gemini does not serve this key (status \(status), \(name.prefix(80))); see GEMINI_API_KEY")
        case 429 where isSpentForLong: return ProviderError(.quota, "the quota of Gemini is spent\(detail)")
        case 429: return ProviderError(.limited(wait: wait), "Gemini asks to wait\(detail)")
        case 408, 499, 500...: return ProviderError(.unavailable, "Gemini failed (status \(status))\(detail)")
        default: return ProviderError(.invalid, "Gemini does not accept the request\(detail)")
        }
    }

    private func details(_ type: String) -> [JSON] {
        (problem["details"]?.array ?? []).filter { $0["@type"]?.string?.hasSuffix(type) == true }
    }

    private var isAboutAccount: Bool {
        details("google.rpc.ErrorInfo").contains { $0["reason"]?.string?.hasPrefix("API_KEY_") == true }
    }

    /// A day's quota, or one of nothing: no wait that a job has would help.
    private var isSpentForLong: Bool {
        details("google.rpc.QuotaFailure").flatMap { $0["violations"]?.array ?? [] }.contains { violation in
            violation["quotaId"]?.string?.contains("PerDay") == true || violation["quotaValue"] == "0"
        }
    }

    /// The wait is among the details; a proxy between may put one into a header.
    private var wait: Duration? {
        let delay = details("google.rpc.RetryInfo").first?["retryDelay"]?.string
        if let delay, delay.hasSuffix("s") { return WaitHint(String(delay.dropLast()))?.duration }
        return headers["retry-after"].flatMap { WaitHint($0)?.duration }
    }

    private var detail: String { problem["message"]?.string.map { ": \($0.prefix(500))" } ?? "" }
}
