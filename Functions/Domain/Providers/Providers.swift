package import FunctionRuntime
package import HTTPClient

/// The providers this process can use, by name: those that are configured.
package struct Providers: Sendable {
    /// Every adapter there is.
    package static let adapters: [any ProviderAdapter.Type] = [
        Replicate.self, Fal.self, HuggingFace.self, OpenAI.self, Gemini.self, ComfyUI.self, Automatic1111.self,
        StableDiffusionCpp.self,
    ]

    /// The keys a function declares that uses providers.
    package static var environment: [any ConfigurationKeyProtocol] {
        var names: Set<String> = []
        return adapters.flatMap { $0.environment }.filter { names.insert($0.name).inserted }
    }

    private let providers: [String: any ImageProvider]

    /// - Throws: `ConfigurationProblem` for a provider that is configured, but wrongly.
    package init(_ configuration: Configuration, _ client: HTTPClient) throws {
        self.init(
            try Self.adapters.compactMap { adapter in
                try configuration[adapter.presence] == nil ? nil : try adapter.init(configuration, client)
            })
    }

    package init(_ providers: [any ImageProvider]) {
        self.providers = Dictionary(providers.map { ($0.name, $0) }) { first, _ in first }
    }

    /// Who draws jobs that have no workflow: the first adapter that is configured.
    package var standard: any ImageProvider {
        Self.adapters.lazy.compactMap { self[$0.name] }.first
            ?? AbsentProvider(
                name: "none", reason: "no provider is configured; set a key or an address, such as REPLICATE_API_TOKEN")
    }

    /// In the order of the alphabet.
    package var names: [String] { providers.keys.sorted() }

    /// The provider of that name; nil when it is not configured.
    package subscript(name: String) -> (any ImageProvider)? { providers[name] }
}
