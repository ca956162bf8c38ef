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

    /// What the parser refused.
    /// - Parameter text: The bytes in which it found the mistake, as far as they are known.
    static func malformed(_ error: HTTPParserError, in text: String) -> ProblemDetails {
        let line = text.prefix { !$0.isNewline }.split(separator: " ", omittingEmptySubsequences: false)
        if error == .invalidMethod, line.count == 3, line[2].hasPrefix("HTTP/"),
            HTTPAnswerWriter.isToken(String(line[0]))
        {
            return ProblemDetails(
                status: 501, title: "Not implemented", code: "method_not_implemented",
                detail: "The method \(line[0]) is not known here.")
        }
        let names = text.split(whereSeparator: \.isNewline).map { $0.prefix { $0 != ":" }.lowercased() }
        if names.contains("content-length"), names.contains("transfer-encoding") {
            return ProblemDetails(
                status: 400, title: "Bad request", code: "invalid",
                detail: "A request has Content-Length or Transfer-Encoding, not both (RFC 9112, section 6.2).")
        }
        return ProblemDetails(
            status: 400, title: "Bad request", code: "invalid", detail: "This is not an HTTP/1.1 request: \(error).")
    }

    static func badHost(count: Int) -> ProblemDetails {
        ProblemDetails(
            status: 400, title: "Bad request", code: "invalid",
            detail: "A request of HTTP/1.1 has one Host field (RFC 9112, section 3.2); this one has "
                + "\(count == 0 ? "none" : "\(count)").")
    }

    static func headTimeout(_ limit: Duration) -> ProblemDetails {
        timeout("The head of the request was not complete within \(limit.components.seconds) s.")
    }

    static func bodyTimeout(_ limit: Duration) -> ProblemDetails {
        timeout("No byte of the request's body came for \(limit.components.seconds) s.")
    }

    private static func timeout(_ detail: String) -> ProblemDetails {
        ProblemDetails(status: 408, title: "Request timeout", code: "request_timeout", detail: detail)
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
