internal import HTTPClient
internal import JSON

/// A refusal or a failure in fal.ai's words: a model says `{"detail": [{"loc", "msg", "type"}]}`
/// (https://docs.fal.ai/model-apis/errors), the platform `{"detail": "…", "error_type": "…"}`, and headers repeat some of it.
struct FalRefusal: Sendable {
    private let status: Int
    private let types: Set<String>
    private let text: String
    /// Whether fal says that the same request may succeed.
    private let mayRetry: Bool
    private let wait: Duration?

    init(_ status: Int, _ body: [UInt8], _ headers: HTTPHeaders) {
        self.status = status
        let problem = (try? JSON(parsing: body)) ?? .null
        let details = problem["detail"]?.array ?? []
        let type = problem["error_type"]?.string ?? headers["x-fal-error-type"]
        types = Set(details.compactMap { $0["type"]?.string } + [type].compactMap(\.self))
        let sentences = details.compactMap { detail -> String? in
            let place = detail["loc"]?.array?.compactMap { $0.string ?? $0.int.map(String.init) }.joined(separator: ".")
            return detail["msg"]?.string.map { [place, $0].compactMap(\.self).joined(separator: ": ") }
        }
        text = String((problem["detail"]?.string ?? sentences.joined(separator: "; ")).prefix(500))
        mayRetry = ["x-fal-retryable", "x-fal-needs-retry"].contains { ["true", "1"].contains(headers[$0] ?? "") }
        wait = headers["retry-after"].flatMap { WaitHint($0)?.duration }
    }

    /// The failure that a completed request's status names.
    init(message: String?, type: String?) {
        status = 500
        types = Set([type].compactMap(\.self))
        text = String((message ?? "").prefix(500))
        mayRetry = false
        wait = nil
    }

    /// Whether it is about the request, and not about asking for it: the model's own words, or the platform's about its run.
    var endsCall: Bool { !types.isEmpty || status == 400 || status == 422 }

    /// How the request ended.
    var end: ProviderCall.State {
        if status == 499 || !types.isDisjoint(with: ["client_cancelled", "client_disconnected"]) { return .canceled }
        if isRefusal { return .failed(ProviderError(.refused, "the model refused to draw this\(detail)")) }
        if isInterruption { return .failed(ProviderError(.unavailable, "the model was interrupted\(detail)")) }
        if (400..<500).contains(status) {
            return .failed(ProviderError(.invalid, "the model does not accept the input\(detail)"))
        }
        return .failed(ProviderError(.invalid, "the model failed\(detail)", code: "provider_failed"))
    }

    /// What it means for a request that asks for something.
    ///
    /// - Parameter purpose: what was asked.
    func error(_ purpose: FalQueue.Purpose) -> ProviderError {
        let goesOn: ProviderError.Call = purpose == .look ? .goesOn : .ended
        switch status {
        case 401: return ProviderError(.quota, "fal.ai does not accept the key (status 401); see FAL_KEY")
        case 402, 403: return ProviderError(.quota, "the fal.ai account may not do this (status \(status))\(detail)")
        case 404, 410:
            return purpose == .look
                ? ProviderError(.lost, "fal.ai no longer knows the request")
                : ProviderError(.invalid, "fal.ai does not know the model\(detail)")
        case 429: return ProviderError(.limited(wait: wait), "fal.ai asks to wait\(detail)", call: goesOn)
        case 408, 409: return ProviderError(.unavailable, "fal.ai is busy (status \(status))\(detail)", call: goesOn)
        case 400..<500 where isRefusal: return ProviderError(.refused, "fal.ai refuses to draw this\(detail)")
        case 400..<500:
            return ProviderError(.invalid, "fal.ai does not accept the request (status \(status))\(detail)")
        // It says that it did not take the request.
        case 503: return ProviderError(.unavailable, "fal.ai is not available (status 503)\(detail)", call: goesOn)
        // Nobody knows how far it came.
        default:
            return ProviderError(
                .unavailable, "fal.ai failed (status \(status))\(detail)",
                call: purpose == .other ? .ended : .goesOn)
        }
    }

    private var isRefusal: Bool { types.contains("content_policy_violation") }

    /// Something around the model stopped it: another run may end well. The platform's types are listed at
    /// https://docs.fal.ai/model-apis/request-errors.
    private var isInterruption: Bool {
        mayRetry || status == 503 || status == 504
            || types.contains { type in
                type.hasPrefix("runner_") || type.hasSuffix("_timeout")
                    || ["downstream_service_unavailable", "internal_error"].contains(type)
            }
    }

    private var detail: String { text.isEmpty ? "" : ": \(text)" }
}
