import HTTPTypes
import JSON

/// An error as Google's APIs word it (https://google.aip.dev/193).
struct GeminiProblem: Error {
    let status: HTTPResponse.Status
    /// The name of the code in google.rpc.
    let name: String
    let message: String
    var details: [JSON] = []

    static func invalid(_ message: String) -> Self {
        Self(status: .badRequest, name: "INVALID_ARGUMENT", message: message)
    }

    static let anonymous = Self(
        status: .forbidden, name: "PERMISSION_DENIED",
        message: "Method doesn't allow unregistered callers (callers without established identity). Please use API "
            + "Key or other form of API consumer identity to call this API.")

    private static let unauthorized = Self(
        status: .badRequest, name: "INVALID_ARGUMENT", message: "API key not valid. Please pass a valid API key.",
        details: [
            [
                "@type": "type.googleapis.com/google.rpc.ErrorInfo", "reason": "API_KEY_INVALID",
                "domain": "googleapis.com", "metadata": ["service": "generativelanguage.googleapis.com"],
            ]
        ])

    /// A quota that is spent: one of a minute, which comes back, or one of a day.
    private static func exhausted(_ quota: String, _ limit: Int, wait: Int, model: String) -> Self {
        Self(
            status: .tooManyRequests, name: "RESOURCE_EXHAUSTED",
            message: "You exceeded your current quota, please check your plan and billing details. "
                + "Please retry in \(wait)s.",
            details: [
                [
                    "@type": "type.googleapis.com/google.rpc.QuotaFailure",
                    "violations": [
                        [
                            "quotaMetric": "generativelanguage.googleapis.com/generate_content_requests",
                            "quotaId": .string(quota), "quotaValue": .string(String(limit)),
                            "quotaDimensions": ["location": "global", "model": .string(model)],
                        ]
                    ],
                ],
                ["@type": "type.googleapis.com/google.rpc.RetryInfo", "retryDelay": .string("\(wait)s")],
            ])
    }

    /// What a call's fate says at the door.
    ///
    /// - Returns: why the work of a call that was taken ends without a result; nil: it does not.
    /// - Throws: ``GeminiProblem`` for a call that is not taken.
    static func check(_ fate: Fate, model: String) throws -> GeminiCall.Ending? {
        switch fate.outcome {
        case .draws: return nil
        case .blocked: return .blocked
        case .fails(.failed, let reason): return .stopped(reason)
        case .throttled(let seconds):
            throw exhausted("GenerateRequestsPerMinutePerProjectPerModel", 50, wait: seconds, model: model)
        case .fails(.unpaid, _):
            throw exhausted("GenerateRequestsPerDayPerProjectPerModel-FreeTier", 250, wait: 40, model: model)
        case .fails(.invalid, let reason): throw invalid(reason)
        case .fails(.unauthorized, _): throw unauthorized
        case .fails(.error, let reason), .fails(.interrupted, let reason):
            throw Self(status: .internalServerError, name: "INTERNAL", message: reason)
        case .fails(.unavailable, let reason):
            throw Self(status: .serviceUnavailable, name: "UNAVAILABLE", message: reason)
        }
    }

    /// - Parameter isList: whether it is the only element of a list, as streams without events have it.
    func response(isList: Bool) -> StandInResponse {
        var error: JSONObject = [
            "code": .integer(Int64(status.code)), "message": .string(message), "status": .string(name),
        ]
        if !details.isEmpty { error["details"] = .array(details) }
        let body: JSON = ["error": .object(error)]
        return .json(isList ? [body] : body, status: status)
    }
}
