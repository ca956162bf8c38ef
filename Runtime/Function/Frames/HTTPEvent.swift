/// The `http` part of an invocation.
package struct HTTPEvent: Sendable, Hashable {
    package var method: HTTPMethod
    /// Percent-encoded as it came.
    package var path: String
    /// The trigger's path that matched.
    package var route: String
    /// Decoded.
    package var parameters: [String: String]
    /// Decoded, each name with all its values.
    package var query: [String: [String]]
    package var headers: Headers
    package var client: String
    package var body: FrameBody

    package init(
        method: HTTPMethod, path: String, route: String = "", parameters: [String: String] = [:],
        query: [String: [String]] = [:], headers: Headers = [:], client: String = "127.0.0.1", body: FrameBody = .none
    ) {
        self.method = method
        self.path = path
        self.route = route
        self.parameters = parameters
        self.query = query
        self.headers = headers
        self.client = client
        self.body = body
    }
}
