package import JSON

/// What a text provider is asked to write.
package struct TextRequest: Sendable, Hashable {
    /// How to answer, in our words.
    package var instructions: String
    /// What to answer to, in the user's words.
    package var text: String
    /// A JSON Schema that the answer is to follow; nil for plain text.
    package var schema: JSON?
    /// The model in the provider's own terms; nil for the one the adapter is configured with.
    package var model: String?

    package init(instructions: String, text: String, schema: JSON? = nil, model: String? = nil) {
        self.instructions = instructions
        self.text = text
        self.schema = schema
        self.model = model
    }
}
