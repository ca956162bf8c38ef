import NIOHTTP1

/// What the host itself has to say about a request.
extension ProblemDetails {
    static func bodyTooLarge(limit: Int) -> ProblemDetails {
        ProblemDetails(
            status: 413, title: "Too large", code: "too_large", detail: "The body may have at most \(limit) bytes.")
    }

    static func headTooLarge(limit: Int) -> ProblemDetails {
        ProblemDetails(
            status: 431, title: "Request header fields too large", code: "too_large",
            detail: "The head of a request may have at most \(limit) bytes.")
    }

    static func malformed(_ error: HTTPParserError) -> ProblemDetails {
        ProblemDetails(
            status: 400, title: "Bad request", code: "invalid", detail: "This is not an HTTP/1.1 request: \(error).")
    }

    static func badQuery(_ query: Substring) -> ProblemDetails {
        ProblemDetails(
            status: 400, title: "Bad request", code: "invalid",
            detail: "The query \"\(query)\" has a percent escape that is cut short or is not UTF-8.")
    }

    static let notFound = ProblemDetails(
        status: 404, title: "Not found", code: "not_found", detail: "No function has a route for this path.")

    static func methodNotAllowed(_ method: String, allowed: [String]) -> ProblemDetails {
        ProblemDetails(
            status: 405, title: "Method not allowed", code: "method_not_allowed",
            detail: "This path takes \(allowed.joined(separator: ", ")), not \(method).",
            headers: [("allow", allowed.joined(separator: ", "))])
    }
}
