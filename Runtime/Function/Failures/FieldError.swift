/// What is wrong with one field of the input.
public struct FieldError: Sendable, Hashable {
    /// The field, nested ones with dots: `parameters.width`, `images.0.url`.
    public let field: String
    /// What is wrong, to follow the name: `is missing`, `must be a whole number`.
    public let message: String

    /// - Parameters:
    ///   - field: the field, nested ones with dots.
    ///   - message: what is wrong, to follow the name.
    public init(_ field: String, _ message: String) {
        self.field = field
        self.message = message
    }
}
