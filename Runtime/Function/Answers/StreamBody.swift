/// A response body that is written while it is made; see `Response.stream`.
public struct StreamBody: Encodable, Sendable, NonJSONBody {
    /// The media type.
    public let type: String
    let produce: @Sendable (ResponseWriter) async throws -> Void

    /// - Parameters:
    ///   - type: the media type.
    ///   - produce: writes the body.
    public init(type: String, _ produce: @escaping @Sendable (ResponseWriter) async throws -> Void) {
        self.type = type
        self.produce = produce
    }

    /// A stream has no JSON form.
    ///
    /// - Throws: always.
    public func encode(to encoder: any Encoder) throws {
        throw EncodingError.invalidValue(
            self, .init(codingPath: encoder.codingPath, debugDescription: "a streamed body is not a JSON value"))
    }
}
