/// An outside service that writes.
package protocol TextProvider: Sendable {
    /// The provider's name; lower case.
    var name: String { get }

    /// Has a text written: one exchange, never repeated by itself.
    ///
    /// - Returns: the text; one JSON document where the request has a schema, not checked against it.
    func complete(_ request: TextRequest) async throws(ProviderError) -> String
}
