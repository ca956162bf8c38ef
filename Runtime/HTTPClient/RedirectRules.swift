/// What a redirect does to the request that follows it (RFC 9110, section 15.4).
enum RedirectRules {
    /// Headers that may go to a host the request was not meant for. Anything else might be a credential.
    private static let harmless: Set = [
        "accept", "accept-encoding", "accept-language", "content-type", "if-match", "if-modified-since",
        "if-none-match",
        "if-unmodified-since", "range", "user-agent",
    ]

    /// The request to send after `response`, or nil when that is no redirect.
    /// - Throws: ``HTTPClientError/Kind/redirectRefused``.
    static func next(
        after response: HTTPClient.Response, _ request: HTTPClient.Request, _ url: HTTPURL
    ) throws(HTTPClientError) -> (HTTPClient.Request, HTTPURL)? {
        guard [301, 302, 303, 307, 308].contains(response.status), let location = response.headers["location"] else {
            return nil
        }
        let target: HTTPURL
        do { target = try HTTPURL(location, relativeTo: url) } catch {
            throw HTTPClientError(.redirectRefused, url.text, "redirects to \(error)")
        }
        if url.scheme == "https" && target.scheme == "http" {
            throw HTTPClientError(.redirectRefused, url.text, "redirects from https to http")
        }
        var next = request
        next.redirects -= 1
        next.url = target.text
        if target.origin != url.origin {
            next.headers = next.headers.filter { harmless.contains($0.name.lowercased()) }
        }
        let becomesGet =
            response.status == 303 && request.method != .head || response.status < 303 && request.method == .post
        if becomesGet {
            next.method = .get
            next.body = .none
            next.headers["content-type"] = nil
        } else if !request.body.isReplayable {
            throw HTTPClientError(.redirectRefused, url.text, "redirects a request whose body cannot be sent again")
        }
        return (next, target)
    }
}
