/// Which media types count as JSON.
package enum JSONContentType {
    /// Whether it is `application/json` or ends in `+json` (RFC 6839), whatever its parameters.
    package static func matches(_ contentType: String) -> Bool {
        let type = contentType.prefix { $0 != ";" }.lowercased().filter { $0 != " " }
        return type == "application/json" || (type.hasPrefix("application/") && type.hasSuffix("+json"))
    }

    /// Checks the type of a request body. None at all is allowed: the body then has to speak for itself. JSON between
    /// systems is UTF-8 (RFC 8259, section 8.1); a `charset` that says otherwise is refused.
    ///
    /// - Throws: ``Failure/Code/unsupportedMediaType``.
    package static func check(_ contentType: String?) throws(Failure) {
        guard let contentType else { return }
        guard matches(contentType) else {
            throw .unsupportedMediaType("the body must be application/json; it is \(contentType)")
        }
        for parameter in contentType.split(separator: ";").dropFirst() {
            let parts = parameter.lowercased().filter { !" \t\"".contains($0) }.split(separator: "=")
            guard parts.first == "charset", parts.count == 2, parts[1] != "utf-8", parts[1] != "us-ascii" else {
                continue
            }
            throw .unsupportedMediaType("the body must be JSON in UTF-8; its charset is \(parts[1])")
        }
    }
}
