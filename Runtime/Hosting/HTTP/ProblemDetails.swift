import JSON

/// An error as HTTP clients get it: problem details (RFC 9457) with the trace that leads to the logs.
package struct ProblemDetails: Sendable {
    package var status: Int
    package var title: String
    package var detail: String?
    package var errors: [(field: String, message: String)] = []
    /// Machine-readable: the code of the `Failure`, or why the host has no answer.
    package var code: String
    /// Further headers, `Retry-After` and `Allow` among them.
    package var headers: [(name: String, value: String)] = []

    package init(
        status: Int, title: String, code: String, detail: String? = nil,
        errors: [(field: String, message: String)] = [], headers: [(name: String, value: String)] = []
    ) {
        self.status = status
        self.title = title
        self.code = code
        self.detail = detail
        self.errors = errors
        self.headers = headers
    }

    /// The body, `application/problem+json`. Its `type` is `about:blank` because the status says it all
    /// (RFC 9457, section 4.2.1).
    package func body(traceId: String) -> [UInt8] {
        var object = JSONObject()
        object["type"] = "about:blank"
        object["title"] = .string(title)
        object["status"] = .integer(Int64(status))
        object["code"] = .string(code)
        if let detail { object["detail"] = .string(detail) }
        if !errors.isEmpty {
            object["errors"] = .array(
                errors.map { ["field": .string($0.field), "message": .string($0.message)] })
        }
        object["traceId"] = .string(traceId)
        return JSON.object(object).serialized
    }
}
