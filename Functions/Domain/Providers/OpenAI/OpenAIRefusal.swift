internal import FoundationEssentials
internal import HTTPClient
internal import JSON

/// An answer of OpenAI that is not a success: `{"error": {"message", "type", "param", "code"}}`, with the wait in its headers.
struct OpenAIRefusal {
    /// Nil for an error in the middle of a stream.
    private let status: Int?
    private let headers: HTTPHeaders
    private let problem: JSON

    private static let refusals: Set = [
        "moderation_blocked", "content_policy_violation", "image_content_policy_violation", "content_filter",
    ]
    private static let spent: Set = [
        "insufficient_quota", "billing_hard_limit_reached", "billing_not_active", "account_deactivated",
    ]
    private static let busy: Set = ["server_error", "internal_error", "overloaded_error", "service_unavailable"]

    init(_ response: HTTPClient.Response, _ body: JSON) {
        status = response.status
        headers = response.headers
        problem = body["error"] ?? body
    }

    /// - Parameter event: the data of an error event.
    init(event: JSON) {
        status = nil
        headers = [:]
        problem = event["error"] ?? .null
    }

    /// Whether the server does not know how to show a picture before it is finished; then it has not begun one.
    var isAboutStreaming: Bool {
        status == 400 && ["stream", "partial_images"].contains(problem["param"]?.string)
    }

    var error: ProviderError {
        let names = [problem["code"]?.string, problem["type"]?.string].compactMap(\.self)
        func isAny(of known: Set<String>) -> Bool { names.contains(where: known.contains) }
        if isAny(of: Self.refusals) { return ProviderError(.refused, "OpenAI refuses this\(detail)") }
        if isAny(of: Self.spent) { return ProviderError(.quota, "the OpenAI account cannot pay\(detail)") }
        switch status {
        case 401, 403:
            // Its sentence may repeat a part of the key.
            return ProviderError(.quota, "OpenAI does not accept the key (status \(status ?? 0)); see OPENAI_API_KEY")
        case 429: return ProviderError(.limited(wait: wait), "OpenAI asks to wait\(detail)")
        case nil where names.contains("rate_limit_exceeded"):
            return ProviderError(.limited(wait: nil), "OpenAI asks to wait\(detail)")
        case nil where isAny(of: Self.busy): return ProviderError(.unavailable, "OpenAI failed\(detail)")
        case .some(let status) where status == 408 || status == 409 || status >= 500:
            if headers["x-should-retry"] == "false" {
                return ProviderError(.invalid, "OpenAI failed for good\(detail)", code: "provider_failed")
            }
            return ProviderError(.unavailable, "OpenAI failed (status \(status))\(detail)")
        default: return ProviderError(.invalid, "OpenAI does not accept the request\(detail)")
        }
    }

    /// What was asked for, most exact first. Of the limits that start anew by themselves the spent one counts.
    private var wait: Duration? {
        if let milliseconds = headers["retry-after-ms"].flatMap(Double.init), milliseconds >= 0 {
            return .seconds(min(milliseconds / 1000, Self.longestWait))
        }
        if let text = headers["retry-after"] { return WaitHint(text)?.duration }
        let limits = ["requests", "tokens"].compactMap { kind in
            headers["x-ratelimit-reset-\(kind)"].flatMap(Self.duration).map {
                (isSpent: headers["x-ratelimit-remaining-\(kind)"] == "0", wait: $0)
            }
        }
        let spent = limits.filter(\.isSpent)
        return (spent.isEmpty ? limits : spent).map(\.wait).max()
    }

    private static let longestWait = 86_400.0

    /// A time as Go writes it: `1s`, `6m0s`, `120ms`.
    static func duration(_ text: String) -> Duration? {
        let units = ["ms": 0.001, "s": 1, "m": 60, "h": 3600]
        var seconds = 0.0
        var rest = text[...]
        while !rest.isEmpty {
            let number = rest.prefix { $0.isNumber || $0 == "." }
            let unit = rest.dropFirst(number.count).prefix { $0.isLetter }
            guard let value = Double(number), let scale = units[String(unit)] else { return nil }
            seconds += value * scale
            rest = rest.dropFirst(number.count + unit.count)
        }
        return text.isEmpty ? nil : .seconds(min(seconds, longestWait))
    }

    private var detail: String {
        let text = problem["message"]?.string ?? problem.string ?? ""
        return text.isEmpty ? "" : ": \(text.prefix(500))"
    }
}
