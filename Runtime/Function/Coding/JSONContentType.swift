/// Which media types count as JSON.
package enum JSONContentType {
    /// Whether it is `application/json` or ends in `+json` (RFC 6839), whatever its parameters.
    package static func matches(_ contentType: String) -> Bool {
        let type = contentType.prefix { $0 != ";" }.lowercased().filter { $0 != " " }
        return type == "application/json" || (type.hasPrefix("application/") && type.hasSuffix("+json"))
    }

    /// Checks the type of a request body. None at all is allowed: the body then has to speak for itself.
    ///
    /// - Throws: ``Failure/Code/unsupportedMediaType``.
    static func check(_ contentType: String?) throws {
        guard let contentType, !matches(contentType) else { return }
        throw Failure.unsupportedMediaType("the body must be application/json; it is \(contentType)")
    }
}
