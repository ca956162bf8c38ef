package import FunctionRuntime
internal import HTTPClient

/// Which addresses results may be fetched from. A provider's answer is input from outside: without this, whoever controls it could
/// make this service read from its own network (server-side request forgery).
package enum FetchPolicy: String, Sendable, CaseIterable, ParameterValue {
    /// The public internet only; the address is checked after the name was resolved and again for each redirect.
    case `public`
    /// Anywhere: for a provider on this machine or network.
    case any

    package static let key = ConfigurationKey<FetchPolicy>(
        "RESULT_ADDRESSES",
        summary: "where results may be fetched from: public, or any for a provider of one's own network",
        default: .public)

    var addresses: AddressPolicy {
        switch self {
        case .public: .publicOnly
        case .any: .any
        }
    }
}
