internal import HTTPClient
internal import JSON

/// An answer that is not a success: `{"error", "detail", "body", "errors"}`, or FastAPI's `{"detail": [{"loc", "msg", "type"}]}`.
struct Automatic1111Refusal {
    private let status: Int
    private let problem: JSON
    private let wait: Duration?

    init(_ response: HTTPClient.Response, _ problem: JSON) {
        status = response.status
        self.problem = problem
        wait = response.headers["retry-after"].flatMap { WaitHint($0)?.duration }
    }

    var error: ProviderError {
        switch status {
        case 401, 402, 403:
            return ProviderError(
                .quota, "AUTOMATIC1111 does not let us in (status \(status)); see AUTOMATIC1111_AUTH\(detail)")
        case 404 where problem["detail"]?.string == "Not Found":
            return ProviderError(.invalid, "AUTOMATIC1111 has no API there: it is to be started with --api")
        case 429: return ProviderError(.limited(wait: wait), "AUTOMATIC1111 asks to wait\(detail)")
        case 400..<500 where detail.lowercased().contains("nsfw"):
            return ProviderError(.refused, "AUTOMATIC1111 refuses to draw this\(detail)")
        case 400..<500:
            return ProviderError(.invalid, "AUTOMATIC1111 does not accept the request (status \(status))\(detail)")
        default: return ProviderError(.unavailable, "AUTOMATIC1111 failed (status \(status))\(detail)")
        }
    }

    private var detail: String {
        let fields = (problem["detail"]?.array ?? []).map { field in
            let place = (field["loc"]?.array ?? []).compactMap { $0.string ?? $0.int.map(String.init) }
            return "\(place.joined(separator: ".")): \(field["msg"]?.string ?? "not accepted")"
        }
        let texts = [problem["error"]?.string, problem["detail"]?.string, problem["errors"]?.string].compactMap(\.self)
        let text = (texts.filter { !$0.isEmpty } + fields).joined(separator: "; ")
        return text.isEmpty ? "" : ": \(text.prefix(500))"
    }
}
