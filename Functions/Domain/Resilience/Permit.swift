internal import FoundationEssentials

/// The right to have one call under way at a provider. It runs out by itself when its worker dies.
package struct Permit: Sendable, Hashable {
    package let provider: String
    /// What Redis and this process know it by.
    package let id: String

    init(provider: String) {
        self.provider = provider
        id = UUID().text
    }
}
