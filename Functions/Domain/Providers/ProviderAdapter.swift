package import FunctionRuntime
package import HTTPClient

/// A provider that is made from configuration: one line of `Providers.adapters`.
package protocol ProviderAdapter: ImageProvider {
    /// The provider's name, as its instances have it.
    static var name: String { get }
    /// The keys a function declares that may use this provider. None is required: a provider may be absent.
    static var environment: [any ConfigurationKeyProtocol] { get }
    /// The key without which there is no such provider: what it is paid with, or where it is.
    static var presence: ConfigurationKey<String?> { get }

    /// - Throws: `ConfigurationProblem`, also where `presence` has no value.
    init(_ configuration: Configuration, _ client: HTTPClient) throws
}

extension ProviderAdapter {
    package var name: String { Self.name }
}

extension Configuration {
    /// The value of a key that may be absent in general and not here.
    ///
    /// - Throws: `ConfigurationProblem` that says which key is missing and what it is for.
    package func needed(_ key: ConfigurationKey<String?>) throws(ConfigurationProblem) -> String {
        guard let value = try self[key] else {
            throw ConfigurationProblem(name: key.name, message: "\(key.name) is missing: \(key.summary)")
        }
        return value
    }
}
