import NIOHTTP1

/// What a request's head must be before anybody looks at what it asks for (RFC 9112, section 3.2). Pure.
enum HTTPHeadCheck {
    /// The head in origin form: an absolute target loses its scheme and authority, and the authority becomes the host.
    static func normalized(_ head: HTTPRequestHead) -> HTTPRequestHead {
        guard head.uri.utf8.first != UInt8(ascii: "/"), let scheme = head.uri.firstRange(of: "://"),
            ["http", "https"].contains(head.uri[..<scheme.lowerBound].lowercased())
        else { return head }
        let rest = head.uri[scheme.upperBound...]
        let authority = rest.prefix { !"/?#".contains($0) }
        let target = rest[authority.endIndex...]
        var head = head
        head.uri = target.first == "/" ? String(target) : "/\(target)"
        // Two hosts stay two: the check refuses them.
        if head.headers["host"].count < 2 {
            head.headers.replaceOrAdd(name: "host", value: String(authority))
        }
        return head
    }

    /// Why a head is refused, whatever it asks for.
    /// - Parameter head: As it came: an absolute target does not stand in for a host that is missing.
    static func problem(_ head: HTTPRequestHead) -> ProblemDetails? {
        let hosts = head.headers["host"].count
        guard hosts > 1 || (hosts == 0 && head.version != .http1_0 && head.version != .http0_9) else { return nil }
        return .badHost(count: hosts)
    }
}
