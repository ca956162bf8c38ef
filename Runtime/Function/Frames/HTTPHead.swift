/// Status and header fields of an HTTP response.
package struct HTTPHead: Sendable, Hashable {
    package var status: Int
    package var headers: Headers

    package init(status: Int, headers: Headers = [:]) {
        self.status = status
        self.headers = headers
    }

    /// Sets a field unless it is there.
    mutating func setDefault(_ name: String, _ value: String) {
        if headers[name] == nil { headers[name] = value }
    }
}
