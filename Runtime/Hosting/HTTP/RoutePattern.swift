/// The path of an HTTP trigger, taken apart: `/api/v1/jobs/{id}/files/{rest...}`.
package struct RoutePattern: Sendable, Hashable {
    package enum Segment: Sendable, Hashable {
        case literal(String)
        case parameter(String)
        case rest(String)
    }

    /// As the function wrote it.
    package let text: String
    package let segments: [Segment]

    /// - Throws: `RouteError` with a sentence when the pattern breaks a rule of PROTOCOL.md.
    package init(_ text: String) throws(RouteError) {
        guard text.hasPrefix("/") else { throw RouteError(message: "The route \"\(text)\" must begin with \"/\".") }
        var segments: [Segment] = []
        var names: Set<String> = []
        let parts = text.split(separator: "/", omittingEmptySubsequences: true)
        for (position, part) in parts.enumerated() {
            guard part.hasPrefix("{"), part.hasSuffix("}") else {
                if part.contains(where: { $0 == "{" || $0 == "}" }) {
                    throw RouteError(
                        message:
                            "The route \"\(text)\" has a brace inside \"\(part)\"; a parameter takes a whole segment.")
                }
                segments.append(.literal(String(part)))
                continue
            }
            let inner = part.dropFirst().dropLast()
            let isRest = inner.hasSuffix("...")
            let name = String(isRest ? inner.dropLast(3) : inner)
            guard !name.isEmpty, names.insert(name).inserted else {
                throw RouteError(message: "The route \"\(text)\" has a parameter without a name, or one name twice.")
            }
            guard !isRest || position == parts.count - 1 else {
                throw RouteError(message: "In the route \"\(text)\" \"{\(inner)}\" must be the last segment.")
            }
            segments.append(isRest ? .rest(name) : .parameter(name))
        }
        self.text = text
        self.segments = segments
    }
}

/// A route that cannot be served, as a sentence.
package struct RouteError: Error, Sendable, Hashable, CustomStringConvertible {
    package let message: String
    package var description: String { message }
}
