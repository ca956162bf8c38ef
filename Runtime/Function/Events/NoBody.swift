/// The body of a request or response that has none; a request's body is ignored.
public struct NoBody: Codable, Sendable, Hashable, NonJSONBody {
    /// Nothing.
    public init() {}
}

/// A body whose bytes are not the JSON of a type, so that a schema has nothing to say about it.
package protocol NonJSONBody {}
