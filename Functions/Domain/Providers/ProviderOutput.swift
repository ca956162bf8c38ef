/// Where one result of a provider is.
package enum ProviderOutput: Sendable, Hashable {
    /// At an address of the provider's choosing, for a short time.
    case address(String)
    /// In the answer itself.
    case bytes([UInt8])
}
