extension HTTPClient {
    /// What to send, and how long to wait.
    package struct Request: Sendable {
        package var method: HTTPMethod
        /// http or https, percent-encoded already; its path is sent as it is, dots and double slashes too.
        package var url: String
        package var headers: HTTPHeaders
        package var body: RequestBody
        /// For the whole exchange with its body and redirects; nil for as long as bytes move.
        package var timeout: Duration?
        /// Until a connection is there, TLS included.
        package var connectTimeout: Duration
        /// Without a byte in either direction. Time in which the caller leaves the body unread, or has nothing to send,
        /// does not count.
        package var idleTimeout: Duration
        /// How many redirects are followed; 0 returns them as responses. `Authorization`, cookies and all other headers
        /// not known to be harmless stay behind when one leads to another origin.
        package var redirects: Int
        /// The longest body the response may have, in bytes; nil for any.
        package var maximumBodySize: Int?
        package var addresses: AddressPolicy
        /// The path of a Unix socket that is connected to instead of the URL's host, which is then only what the server is told.
        package var unixSocket: String?

        package init(
            _ method: HTTPMethod, _ url: String, headers: HTTPHeaders = [:], body: RequestBody = .none,
            timeout: Duration? = nil, connectTimeout: Duration = .seconds(10), idleTimeout: Duration = .seconds(60),
            redirects: Int = 0, maximumBodySize: Int? = nil, addresses: AddressPolicy = .any
        ) {
            self.method = method
            self.url = url
            self.headers = headers
            self.body = body
            self.timeout = timeout
            self.connectTimeout = connectTimeout
            self.idleTimeout = idleTimeout
            self.redirects = redirects
            self.maximumBodySize = maximumBodySize
            self.addresses = addresses
        }
    }
}
