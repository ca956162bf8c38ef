import HTTPTypes
import JSON

/// An error as OpenAI's API words it.
struct OpenAIProblem: Error {
    let status: HTTPResponse.Status
    let message: String
    var type = "invalid_request_error"
    var param: String?
    var code: String?
    /// The wait a throttled client is told, in seconds.
    var retryAfter: Int?

    static func missing(_ param: String) -> Self {
        Self(
            status: .badRequest, message: "Missing required parameter: '\(param)'.", param: param,
            code: "missing_required_parameter")
    }

    static func unknown(_ param: String) -> Self {
        Self(status: .badRequest, message: "Unknown parameter: '\(param)'.", param: param, code: "unknown_parameter")
    }

    static func invalid(_ param: String, _ value: String, want: String) -> Self {
        Self(
            status: .badRequest, message: "Invalid value: '\(value.prefix(80))'. Supported values are: \(want).",
            param: param, code: "invalid_value")
    }

    static let unauthorized = Self(
        status: .unauthorized,
        message: "Incorrect API key provided: sk-sta**-in. You can find your API key at "
            + "https://platform.openai.com/account/api-keys.", code: "invalid_api_key")

    /// What a call's fate says at the door.
    ///
    /// - Returns: what its work fails with after it was taken; nil: it draws, or writes.
    /// - Throws: ``OpenAIProblem`` for a call that is not taken.
    static func check(_ fate: Fate) throws -> OpenAIProblem? {
        switch fate.outcome {
        case .draws: return nil
        case .throttled(let seconds):
            throw Self(
                status: .tooManyRequests,
                message: "Rate limit reached for requests per minute (RPM): Limit 50, Used 50, Requested 1. "
                    + "Please try again in \(seconds)s.",
                type: "requests", code: "rate_limit_exceeded", retryAfter: seconds)
        case .blocked:
            throw Self(
                status: .badRequest,
                message: "Your request was rejected by the safety system. If you believe this is an error, contact us "
                    + "at help.openai.com and include the request ID. safety_violations=[violence].",
                type: "image_generation_user_error", code: "moderation_blocked")
        case .fails(.failed, let reason), .fails(.interrupted, let reason):
            return Self(status: .internalServerError, message: reason, type: "server_error", code: "server_error")
        case .fails(.invalid, let reason): throw Self(status: .badRequest, message: reason, code: "invalid_value")
        case .fails(.unauthorized, _): throw unauthorized
        case .fails(.unpaid, _):
            throw Self(
                status: .tooManyRequests,
                message: "You exceeded your current quota, please check your plan and billing details.",
                type: "insufficient_quota", code: "insufficient_quota")
        case .fails(.error, let reason):
            throw Self(status: .internalServerError, message: reason, type: "server_error")
        case .fails(.unavailable, let reason):
            throw Self(status: .serviceUnavailable, message: reason, type: "service_unavailable_error")
        }
    }

    /// `{"message", "type", "param", "code"}`
    var json: JSON {
        [
            "message": .string(message), "type": .string(type), "param": param.map { .string($0) } ?? .null,
            "code": code.map { .string($0) } ?? .null,
        ]
    }

    var response: StandInResponse {
        var response = StandInResponse.json(["error": json], status: status)
        if let retryAfter {
            response.headers[.retryAfter] = String(retryAfter)
            response.headers[.init("retry-after-ms")!] = String(retryAfter * 1000)
            response.headers[.init("x-ratelimit-limit-requests")!] = "50"
            response.headers[.init("x-ratelimit-remaining-requests")!] = "0"
            response.headers[.init("x-ratelimit-reset-requests")!] = "\(retryAfter)s"
        }
        return response
    }
}
