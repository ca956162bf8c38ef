package import FunctionRuntime

/// The limits of each provider, as configured: `replicate: 10/s 600/min 40; fal: 40` leaves what it does not name as it is.
package struct ProviderLimitTable: Sendable, Hashable, CustomStringConvertible {
    private var named: [String: ProviderLimits]

    package static let key = ConfigurationKey<ProviderLimitTable>(
        "PROVIDER_LIMITS",
        summary: "what all workers together may ask of each provider: calls a second, calls a minute, calls at once "
            + "(5/s 100/min 10 unless said otherwise)",
        default: ProviderLimitTable(), kind: "a table of limits", want: "replicate: 5/s 100/min 10; fal: 10/s 40",
        parse: ProviderLimitTable.init(text:))

    package init(_ named: [String: ProviderLimits] = [:]) {
        self.named = named
    }

    /// Nil when the text is not of that form.
    init?(text: String) {
        named = [:]
        for entry in text.split(separator: ";") {
            let parts = entry.split(separator: ":", maxSplits: 1)
            let name = parts[0].filter { $0 != " " }
            guard parts.count == 2, !name.isEmpty, named[name] == nil, let limits = ProviderLimits(parts[1]) else {
                return nil
            }
            named[name] = limits
        }
    }

    package subscript(provider: String) -> ProviderLimits { named[provider] ?? .standard }

    package var description: String {
        named.sorted { $0.key < $1.key }.map { "\($0.key): \($0.value)" }.joined(separator: "; ")
    }
}
