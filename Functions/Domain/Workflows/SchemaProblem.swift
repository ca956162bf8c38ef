/// What is wrong with a JSON Schema itself: the catalogue's mistake, not a user's.
package struct SchemaProblem: Error, Sendable, Hashable, CustomStringConvertible {
    /// Where in the schema, as a JSON pointer (RFC 6901): `/properties/width/minimum`.
    package let place: String
    package let message: String

    package var description: String { "\(place.isEmpty ? "the schema" : place) \(message)" }
}
