import HTTPTypes
import JSON

/// An error as Replicate's API words it.
struct ReplicateProblem: Error {
    let status: HTTPResponse.Status
    let title: String?
    let detail: String
    var fields: [(field: String, description: String)] = []
    /// The wait a throttled client is told, in seconds: in the body and in `Retry-After`.
    var retryAfter: Int?

    static let unauthenticated = Self(
        status: .unauthorized, title: "Unauthenticated", detail: "You did not pass an authentication token")
    static let notFound = Self(
        status: .notFound, title: nil, detail: "The requested resource could not be found.")

    static let unknownVersion = Self(
        status: .unprocessableContent, title: "Invalid version or not permitted",
        detail: "The specified version does not exist (or perhaps you don't have permission to use it?)")

    static func invalid(_ problems: [(String, String)]) -> Self {
        Self(
            status: .unprocessableContent, title: "Input validation failed",
            detail: problems.map { "- \($0.0): \($0.1)\n" }.joined(), fields: problems.map { ($0.0, $0.1) })
    }

    static func throttled(_ seconds: Int) -> Self {
        Self(
            status: .tooManyRequests, title: nil,
            detail: "Request was throttled. Your rate limit for creating predictions resets in ~\(seconds)s.",
            retryAfter: seconds)
    }

    /// What a call's fate says at the door, or what its prediction fails with; nil: it draws.
    ///
    /// - Throws: ``ReplicateProblem`` for a call that is not taken.
    static func check(_ fate: Fate) throws -> String? {
        switch fate.outcome {
        case .draws: return nil
        case .throttled(let seconds): throw throttled(seconds)
        case .blocked: return "NSFW content detected. Try running it again, or try a different prompt."
        case .fails(.failed, let reason): return reason
        case .fails(.interrupted, _): return "Prediction interrupted; please retry (code: PA)"
        case .fails(.invalid, let reason): throw invalid([("input", reason)])
        case .fails(.unauthorized, _): throw unauthenticated
        case .fails(.unpaid, _):
            throw Self(
                status: .init(code: 402, reasonPhrase: "Payment Required"), title: "Insufficient credit",
                detail: "You have insufficient credit to run this model.")
        case .fails(.error, let reason): throw Self(status: .internalServerError, title: nil, detail: reason)
        case .fails(.unavailable, let reason): throw Self(status: .serviceUnavailable, title: nil, detail: reason)
        }
    }

    var response: StandInResponse {
        var body: JSONObject = ["detail": .string(detail), "status": .integer(Int64(status.code))]
        if let title { body["title"] = .string(title) }
        if !fields.isEmpty {
            body["invalid_fields"] = .array(
                fields.map {
                    ["type": "validation", "field": .string($0.field), "description": .string($0.description)]
                })
        }
        if let retryAfter { body["retry_after"] = .integer(Int64(retryAfter)) }
        var response = StandInResponse.json(.object(body), status: status)
        if let retryAfter { response.headers[.retryAfter] = String(retryAfter) }
        return response
    }
}
