import HTTPTypes
import JSON

/// A call that AUTOMATIC1111 does not answer with pictures, in its own words.
struct Automatic1111Problem: Error {
    let status: HTTPResponse.Status
    /// The name of the exception.
    var error = "HTTPException"
    var detail: JSON = ""
    var message = ""
    var retryAfter: Int?

    static let notFound = Self(status: .notFound, error: "", detail: "Not Found")

    /// A field that does not fit, as FastAPI says it.
    static func field(_ name: String, _ message: String, type: String = "value_error") -> Self {
        let error: JSON = ["loc": ["body", .string(name)], "msg": .string(message), "type": .string(type)]
        return Self(status: .unprocessableContent, error: "", detail: [error])
    }

    /// A number that is smaller or larger than it may be, as FastAPI says it.
    static func field(_ name: String, outside range: ClosedRange<Int>, _ number: Int) -> Self {
        number < range.lowerBound
            ? field(
                name, "ensure this value is greater than or equal to \(range.lowerBound)",
                type: "value_error.number.not_ge")
            : field(
                name, "ensure this value is less than or equal to \(range.upperBound)",
                type: "value_error.number.not_le")
    }

    /// What a call's fate says.
    ///
    /// - Throws: ``Automatic1111Problem`` for a call that does not draw.
    static func check(_ fate: Fate) throws {
        switch fate.outcome {
        case .draws: return
        case .throttled(let seconds):
            throw Self(status: .tooManyRequests, detail: "Too many requests", retryAfter: seconds)
        case .blocked: throw Self(status: .unprocessableContent, detail: "NSFW content detected")
        case .fails(.failed, let reason):
            throw Self(status: .internalServerError, error: "RuntimeError", message: reason)
        case .fails(.interrupted, _):
            throw Self(
                status: .internalServerError, error: "OutOfMemoryError",
                message: "CUDA out of memory. Tried to allocate 2.00 GiB")
        case .fails(.invalid, let reason): throw field("steps", reason)
        case .fails(.unauthorized, _): throw Self(status: .unauthorized, detail: "Incorrect username or password")
        case .fails(.unpaid, let reason):
            throw Self(status: .init(code: 402, reasonPhrase: "Payment Required"), detail: .string(reason))
        case .fails(.error, let reason): throw Self(status: .internalServerError, error: "Exception", message: reason)
        case .fails(.unavailable, let reason): throw Self(status: .serviceUnavailable, detail: .string(reason))
        }
    }

    var response: StandInResponse {
        let isPlain = error.isEmpty
        var body: JSONObject = ["detail": detail]
        if !isPlain {
            body["error"] = .string(error)
            body["body"] = ""
            body["errors"] = .string(message)
        }
        var response = StandInResponse.json(.object(body), status: status)
        if let retryAfter { response.headers[.retryAfter] = String(retryAfter) }
        if status == .unauthorized { response.headers[.wwwAuthenticate] = "Basic" }
        return response
    }
}
