import CCurl

/// The parts of an http or https URL, found by libcurl's own parser: what is checked is what will be connected to.
struct HTTPURL: Hashable, Sendable {
    let scheme: String
    let host: String
    let port: String
    private let path: String
    private let query: String
    /// The whole URL.
    let text: String

    /// - Throws: ``HTTPClientError/Kind/invalidRequest``, also for user information: credentials belong into a header.
    init(_ text: String, relativeTo base: HTTPURL? = nil) throws(HTTPClientError) {
        guard let url = curl_url() else { fatalError("libcurl: no memory for a URL") }
        defer { curl_url_cleanup(url) }
        for part in [base?.text, text].compactMap({ $0 }) {
            let code = curl_url_set(url, CURLUPART_URL, part, UInt32(CURLU_PATH_AS_IS))
            guard code == CURLUE_OK else {
                throw HTTPClientError(.invalidRequest, text, "not a URL: \(String(cString: curl_url_strerror(code)))")
            }
        }
        scheme = Self.part(CURLUPART_SCHEME, of: url)
        host = Self.part(CURLUPART_HOST, of: url).lowercased()
        port = Self.part(CURLUPART_PORT, of: url)
        path = Self.part(CURLUPART_PATH, of: url)
        query = Self.part(CURLUPART_QUERY, of: url)
        guard scheme == "http" || scheme == "https" else {
            throw HTTPClientError(.invalidRequest, text, "the scheme \(scheme) is not http or https")
        }
        guard Self.part(CURLUPART_USER, of: url).isEmpty, Self.part(CURLUPART_PASSWORD, of: url).isEmpty else {
            throw HTTPClientError(.invalidRequest, text, "user information in a URL; send an Authorization header")
        }
        self.text = base == nil ? text : Self.part(CURLUPART_URL, of: url)
    }

    /// Scheme, host and port: what credentials are good for.
    var origin: String { "\(scheme)://\(host):\(port)" }

    /// What a request line names: path and query, without the fragment.
    var target: String { path + (query.isEmpty ? "" : "?" + query) }

    /// What a Host header names: the port only where it is not the scheme's own.
    var authority: String { port == (scheme == "https" ? "443" : "80") ? host : "\(host):\(port)" }

    var isLoopback: Bool {
        host == "localhost" || host.hasSuffix(".localhost") || IPAddress(host)?.isLoopback == true
    }

    private static func part(_ part: CURLUPart, of url: OpaquePointer) -> String {
        var text: UnsafeMutablePointer<CChar>?
        guard curl_url_get(url, part, &text, UInt32(CURLU_DEFAULT_PORT)) == CURLUE_OK, let text else { return "" }
        defer { curl_free(text) }
        return String(cString: text)
    }

    /// `url` as it may be printed: no user information, no query.
    static func redacted(_ url: String) -> String {
        var text = url[...]
        if let query = text.firstIndex(where: { $0 == "?" || $0 == "#" }) { text = text[..<query] + "?…" }
        guard let scheme = text.firstRange(of: "://") else { return String(text) }
        let rest = text[scheme.upperBound...]
        let authority = rest.prefix { $0 != "/" && $0 != "?" }
        guard let at = authority.lastIndex(of: "@") else { return String(text) }
        return String(text[..<scheme.upperBound] + rest[rest.index(after: at)...])
    }
}
