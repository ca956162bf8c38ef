/// How the HTTP trigger treats requests and answers.
package struct HTTPOptions: Sendable {
    package var host: String
    /// 0: any free one; `HTTPTrigger.port` says which.
    package var port: Int
    /// The largest request body in bytes; beyond, 413.
    package var bodyLimit: Int
    /// The largest head of a request in bytes; beyond, 431.
    package var headLimit: Int
    /// Bodies up to this many bytes go to the function whole, in the invoke frame; larger ones stream.
    package var wholeBodyLimit: Int
    /// Origins that browsers may call from (`https://example.org`, or `*`).
    package var allowedOrigins: [String]
    /// Adds `X-Content-Type-Options`, `Referrer-Policy` and `X-Frame-Options` where the function set none.
    package var securityHeaders: Bool
    /// Tells clients why a function crashed, with its last lines: for a developer's machine only.
    package var showsCrashes: Bool
    /// A connection without a request ends after this long.
    package var idleTimeout: Duration
    /// A request whose head is not complete this long after its first byte is answered 408.
    package var headTimeout: Duration
    /// A request of whose body no byte comes for this long is answered 408, and its call is canceled.
    package var bodyTimeout: Duration
    /// A client that closed its sending side may only be half-closed; a call that takes longer than this is canceled.
    package var halfCloseGrace: Duration
    /// Believe `X-Forwarded-For`: only where a proxy stands in front that sets it.
    package var trustsForwardedFor: Bool

    package init(
        host: String = "127.0.0.1", port: Int = 0, bodyLimit: Int = 8 * 1024 * 1024, headLimit: Int = 64 * 1024,
        wholeBodyLimit: Int = 256 * 1024, allowedOrigins: [String] = [], securityHeaders: Bool = true,
        showsCrashes: Bool = false, idleTimeout: Duration = .seconds(75), headTimeout: Duration = .seconds(30),
        bodyTimeout: Duration = .seconds(60), halfCloseGrace: Duration = .seconds(1), trustsForwardedFor: Bool = false
    ) {
        self.host = host
        self.port = port
        self.bodyLimit = bodyLimit
        self.headLimit = headLimit
        self.wholeBodyLimit = wholeBodyLimit
        self.allowedOrigins = allowedOrigins
        self.securityHeaders = securityHeaders
        self.showsCrashes = showsCrashes
        self.idleTimeout = idleTimeout
        self.headTimeout = headTimeout
        self.bodyTimeout = bodyTimeout
        self.halfCloseGrace = halfCloseGrace
        self.trustsForwardedFor = trustsForwardedFor
    }
}
