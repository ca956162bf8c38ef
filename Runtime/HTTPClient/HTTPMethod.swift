/// A request method.
package struct HTTPMethod: Hashable, Sendable, CustomStringConvertible {
    /// As sent: upper case.
    package let name: String

    package init(_ name: String) { self.name = name.uppercased() }

    package static let get = HTTPMethod("GET")
    package static let head = HTTPMethod("HEAD")
    package static let post = HTTPMethod("POST")
    package static let put = HTTPMethod("PUT")
    package static let patch = HTTPMethod("PATCH")
    package static let delete = HTTPMethod("DELETE")

    /// Whether sending it twice does no more than sending it once (RFC 9110, section 9.2.2).
    var isRepeatable: Bool { self != .post && self != .patch }

    package var description: String { name }
}
