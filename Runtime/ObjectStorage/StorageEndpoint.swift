/// Where a service listens: `https://host[:port][/path]`.
package struct StorageEndpoint: Hashable, Sendable, CustomStringConvertible {
    /// `http` or `https`.
    package let scheme: String
    /// Host and port as the `Host` header has them: without the scheme's own port.
    package let host: String
    /// Empty, or with a slash at its beginning and none at its end.
    package let path: String

    /// - Throws: ``ObjectStorageError/Kind/invalidConfiguration`` for all but an http or https URL without a query.
    package init(_ url: String) throws(ObjectStorageError) {
        let parts = url.firstRange(of: "://").map { (url[..<$0.lowerBound].lowercased(), url[$0.upperBound...]) }
        guard let (scheme, rest) = parts, scheme == "http" || scheme == "https" else { throw Self.malformed(url) }
        var host = rest.prefix { $0 != "/" }.lowercased()
        var path = rest.dropFirst(host.count)
        while path.hasSuffix("/") { path.removeLast() }
        let ownPort = scheme == "http" ? ":80" : ":443"
        if host.hasSuffix(ownPort) { host.removeLast(ownPort.count) }
        guard !host.isEmpty, !rest.contains(where: { $0 == "@" || $0 == "?" || $0 == "#" || $0 == " " }) else {
            throw Self.malformed(url)
        }
        self.scheme = scheme
        self.host = host
        self.path = String(path)
    }

    private init(scheme: String, host: String, path: String) {
        self.scheme = scheme
        self.host = host
        self.path = path
    }

    /// The same endpoint with `label` before its host: a bucket in virtual-host style.
    func prefixed(by label: String) -> StorageEndpoint {
        StorageEndpoint(scheme: scheme, host: "\(label).\(host)", path: path)
    }

    package var description: String { "\(scheme)://\(host)\(path)" }

    private static func malformed(_ url: String) -> ObjectStorageError {
        // The URL is not repeated whole: a mistyped one may hold credentials.
        ObjectStorageError(
            .invalidConfiguration, "the endpoint is not a URL (want https://host[:port][/path])", operation: "configure"
        )
    }
}
