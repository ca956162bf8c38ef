internal import JSON

/// An answer of Replicate that is not a success: problem details with `detail`, sometimes `invalid_fields`, and after too many
/// requests `retry_after` in seconds.
struct ReplicateRefusal {
    private let status: Int
    private let problem: JSON
    private let retryAfter: String?

    init(_ status: Int, _ body: [UInt8], _ retryAfter: String?) {
        self.status = status
        problem = (try? JSON(parsing: body)) ?? .null
        self.retryAfter = retryAfter
    }

    /// - Parameters:
    ///   - creates: whether the request was to create a prediction.
    ///   - looks: whether it was to look at one.
    func error(creates: Bool, looks: Bool) -> ProviderError {
        let goesOn: ProviderError.Call = looks ? .goesOn : .ended
        switch status {
        case 401, 403:
            return ProviderError(
                .quota, "Replicate does not accept the token (status \(status)); see REPLICATE_API_TOKEN")
        case 402: return ProviderError(.quota, "the Replicate account has no credit left\(detail)")
        case 404 where looks: return ProviderError(.lost, "Replicate no longer knows the prediction")
        case 429: return ProviderError(.limited(wait: wait), "Replicate asks to wait\(detail)", call: goesOn)
        case 400..<500 where Self.isRefusal(problem["detail"]?.string ?? ""):
            return ProviderError(.refused, "Replicate refuses to draw this\(detail)")
        case 400..<500:
            return ProviderError(.invalid, "Replicate does not accept the request (status \(status))\(detail)")
        // It says that it did not take the request.
        case 503: return ProviderError(.unavailable, "Replicate is not available (status 503)\(detail)", call: goesOn)
        // Nobody knows how far it came.
        default:
            return ProviderError(
                .unavailable, "Replicate failed (status \(status))\(detail)", call: creates || looks ? .goesOn : .ended)
        }
    }

    /// A prediction that ended without a picture. Replicate has no codes for it, only words. A model that failed by itself fails
    /// again and costs again, so that is left to the job's user, unless Replicate says that something interrupted it.
    static func failure(_ error: String?) -> ProviderError {
        let reason = error.map { ": \($0.prefix(500))" } ?? " without a reason"
        if isRefusal(error ?? "") { return ProviderError(.refused, "the model refused to draw this\(reason)") }
        if isInterruption(error ?? "") { return ProviderError(.unavailable, "the model was interrupted\(reason)") }
        return ProviderError(.invalid, "the model failed\(reason)", code: "provider_failed")
    }

    private static func isInterruption(_ text: String) -> Bool {
        let text = text.lowercased()
        return ["interrupted", "retry", "try again", "out of memory", "timed out"].contains { text.contains($0) }
    }

    private static func isRefusal(_ text: String) -> Bool {
        let text = text.lowercased()
        return ["nsfw", "safety", "sensitive", "flagged", "moderation"].contains { text.contains($0) }
    }

    /// What was asked for: in the body, where Replicate puts it, else in the header.
    private var wait: Duration? {
        let seconds = problem["retry_after"]?.double ?? retryAfter.flatMap(Double.init)
        return seconds.flatMap { $0.isFinite && $0 >= 0 ? .seconds(min($0, 86_400)) : nil }
    }

    private var detail: String {
        let fields = (problem["invalid_fields"]?.array ?? []).compactMap { field in
            field["description"]?.string.map { "\(field["field"]?.string ?? "a field"): \($0)" }
        }
        let text = ([problem["detail"]?.string ?? problem["title"]?.string].compactMap(\.self) + fields).joined(
            separator: "; ")
        return text.isEmpty ? "" : ": \(text.prefix(500))"
    }
}
