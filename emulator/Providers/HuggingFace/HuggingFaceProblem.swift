import HTTPTypes
import JSON

/// An error as Hugging Face's inference words it.
struct HuggingFaceProblem: Error {
    let status: HTTPResponse.Status
    let message: String
    /// Seconds until the model is loaded.
    var estimate: Double?
    /// Seconds until the limit starts anew, for the header `RateLimit`.
    var reset: Int?

    static let notFound = Self(status: .notFound, message: "Not Found")
    static let unauthenticated = Self(status: .unauthorized, message: "Invalid username or password.")

    static func loading(_ model: String, seconds: Double) -> Self {
        Self(status: .serviceUnavailable, message: "Model \(model) is currently loading", estimate: seconds)
    }

    /// What a call's fate says at the door, or what its work ends with; nil: it draws.
    ///
    /// - Throws: ``HuggingFaceProblem`` for a call that is not taken.
    static func check(_ fate: Fate) throws -> HuggingFaceProblem? {
        switch fate.outcome {
        case .draws: return nil
        case .throttled(let seconds):
            throw Self(
                status: .tooManyRequests, message: "You have reached your rate limit for this model.", reset: seconds)
        case .blocked:
            return Self(status: .badRequest, message: "The prompt was flagged as NSFW by the safety checker.")
        case .fails(.failed, let reason): return Self(status: .internalServerError, message: reason)
        case .fails(.interrupted, _):
            return Self(status: .internalServerError, message: "CUDA out of memory. Please try again.")
        case .fails(.invalid, let reason): throw Self(status: .badRequest, message: reason)
        case .fails(.unauthorized, _): throw unauthenticated
        case .fails(.unpaid, _):
            throw Self(
                status: .init(code: 402, reasonPhrase: "Payment Required"),
                message: "You have exceeded your monthly included credits for Inference Providers.")
        case .fails(.error, let reason): throw Self(status: .internalServerError, message: reason)
        case .fails(.unavailable, let reason): throw Self(status: .serviceUnavailable, message: reason)
        }
    }

    var response: StandInResponse {
        var body: JSONObject = ["error": .string(message)]
        if let estimate { body["estimated_time"] = .number(estimate) }
        var response = StandInResponse.json(.object(body), status: status)
        if let reset {
            response.headers[.rateLimit] = "\"api\";r=0;t=\(reset)"
            response.headers[.rateLimitPolicy] = "\"fixed window\";\"api\";q=500;w=300"
        }
        return response
    }
}

extension HTTPField.Name {
    fileprivate static let rateLimit = Self("RateLimit")!
    fileprivate static let rateLimitPolicy = Self("RateLimit-Policy")!
}
