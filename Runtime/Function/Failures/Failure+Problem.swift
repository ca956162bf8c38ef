package import JSON

extension Failure {
    /// The media type of problem details (RFC 9457, section 6.1).
    package static let problemType = "application/problem+json"

    /// The failure as problem details (RFC 9457).
    ///
    /// - Parameter traceID: what the caller can quote to find the trace; 32 hexadecimal digits.
    package func problem(traceID: String? = nil) -> JSON {
        var problem: JSONObject = [
            "type": .string("urn:problem:\(code.rawValue)"),
            "title": .string(code.title),
            "status": .integer(Int64(code.status)),
            "detail": .string(message),
        ]
        if !errors.isEmpty { problem["errors"] = errorsJSON }
        problem["traceId"] = traceID.map(JSON.string)
        return .object(problem)
    }

    /// `[{"field":"prompt","message":"is missing"}]`
    var errorsJSON: JSON {
        .array(errors.map { ["field": .string($0.field), "message": .string($0.message)] })
    }
}
