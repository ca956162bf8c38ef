import HTTPClient

/// A request as both signatures see it: parts that are encoded in exactly one way.
struct StorageRequest: Sendable {
    var method: HTTPMethod
    var endpoint: StorageEndpoint
    /// Percent-encoded, with a slash at its beginning; the endpoint's own path included.
    var path: String
    /// Not encoded yet.
    var query: [(String, String)] = []
    /// Names in lower case.
    var headers: [(String, String)] = []
    var body = Content.none

    /// What a request carries.
    enum Content: Sendable {
        case none
        case bytes([UInt8])
        case file(path: String)
        /// What S3 takes in place of a file.
        case chunks(S3ChunkedFile)
    }

    /// - Parameter path: of the resource inside the service, not encoded.
    init(_ method: HTTPMethod, _ endpoint: StorageEndpoint, path: String, query: [(String, String)] = []) {
        self.method = method
        self.endpoint = endpoint
        self.path = endpoint.path + PercentEncoding.encode(path, keepingSlashes: true)
        self.query = query
    }

    /// The URL without a query.
    var resourceURL: String { "\(endpoint.scheme)://\(endpoint.host)\(path)" }

    var url: String { query.isEmpty ? resourceURL : resourceURL + "?" + PercentEncoding.query(query) }

    /// The first value of a header.
    subscript(_ name: String) -> String? { headers.first { $0.0 == name }?.1 }

    mutating func set(_ name: String, _ value: String?) {
        headers.removeAll { $0.0 == name }
        if let value { headers.append((name, value)) }
    }
}
