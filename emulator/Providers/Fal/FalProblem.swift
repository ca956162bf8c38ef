import HTTPTypes
import JSON

/// An error as fal.ai words it: a model's own is a list with a place and a type for each
/// (https://docs.fal.ai/model-apis/errors), the platform's is a sentence with a type.
struct FalProblem: Error {
    let status: HTTPResponse.Status
    let detail: JSON
    /// The platform's type; also the header `X-Fal-Error-Type`.
    var type: String?
    /// Whether the same request may succeed: the header `X-Fal-Retryable`.
    var mayRetry = false
    /// Seconds to wait, for `Retry-After`.
    var retryAfter: Int?

    static let unauthenticated = Self(status: .unauthorized, detail: "No user found for Key ID and Secret")
    static let notFound = Self(status: .notFound, detail: "Not Found")
    static let unknownRequest = Self(status: .notFound, detail: "Request not found")
    static let stillRunning = Self(status: .badRequest, detail: "Request is still in progress")
    static let cancelled = platform(499, "Request was cancelled by the client", "client_cancelled")
    static let timedOut = platform(504, "Request timed out before it was started", "request_timeout")

    /// What a model says about one place of its input.
    static func model(
        _ status: HTTPResponse.Status, _ place: [String], _ message: String, _ type: String, mayRetry: Bool = false
    ) -> Self {
        let detail: JSON = [
            "loc": .array((["body"] + place).map { .string($0) }), "msg": .string(message), "type": .string(type),
            "url": .string("https://docs.fal.ai/errors#\(type)"),
        ]
        return Self(status: status, detail: .array([detail]), mayRetry: mayRetry)
    }

    static func platform(_ status: Int, _ message: String, _ type: String) -> Self {
        Self(
            status: HTTPResponse.Status(code: status), detail: .string(message), type: type,
            mayRetry: status == 503)
    }

    static func throttled(_ seconds: Int) -> Self {
        Self(
            status: .tooManyRequests, detail: "Reached concurrent requests limit. Please wait.",
            retryAfter: seconds)
    }

    /// The body: also what a webhook carries as its payload.
    var body: JSON {
        var body: JSONObject = ["detail": detail]
        if let type { body["error_type"] = .string(type) }
        return .object(body)
    }

    var response: StandInResponse {
        var response = StandInResponse.json(body, status: status)
        if let type { response.headers[.falErrorType] = type }
        response.headers[.falRetryable] = mayRetry ? "true" : "false"
        if let retryAfter { response.headers[.retryAfter] = String(retryAfter) }
        return response
    }
}

extension HTTPField.Name {
    fileprivate static let falErrorType = Self("X-Fal-Error-Type")!
    fileprivate static let falRetryable = Self("X-Fal-Retryable")!
}
