package import HTTPClient

/// Fetches what a provider made. The request carries no credentials: the address is the provider's choice.
package struct ResultFetcher: Sendable {
    private let client: HTTPClient
    private let policy: FetchPolicy

    /// Bytes of one result.
    package static let largest = 64 << 20

    package init(_ client: HTTPClient, _ policy: FetchPolicy) {
        self.client = client
        self.policy = policy
    }

    /// The bytes of an output, wherever they are.
    ///
    /// - Throws: `ProviderError` as for an address.
    package func fetch(_ output: ProviderOutput) async throws(ProviderError) -> [UInt8] {
        switch output {
        case .bytes(let bytes): bytes
        case .address(let address): try await fetch(address)
        }
    }

    /// - Throws: `ProviderError` that keeps the call open while another attempt may fetch the same result, and closes it when the
    ///   result is gone.
    package func fetch(_ url: String) async throws(ProviderError) -> [UInt8] {
        let request = HTTPClient.Request(
            .get, url, timeout: .seconds(120), idleTimeout: .seconds(30), redirects: 3, maximumBodySize: Self.largest,
            addresses: policy.addresses)
        do {
            let response = try await client.execute(request)
            switch response.status {
            case 200: return try await response.body.collect(upTo: Self.largest)
            case 403, 404, 410:
                throw ProviderError(.lost, "the result is no longer there (status \(response.status))", call: .ended)
            case 429: throw ProviderError(.limited(wait: nil), "the results' host asks to wait", call: .goesOn)
            default:
                throw ProviderError(
                    .unavailable, "the result could not be fetched (status \(response.status))", call: .goesOn)
            }
        } catch let error as ProviderError {
            throw error
        } catch let error as HTTPClientError {
            throw Self.classify(error)
        } catch {
            throw ProviderError(.unavailable, "fetching the result was interrupted", call: .goesOn)
        }
    }

    private static func classify(_ error: HTTPClientError) -> ProviderError {
        switch error.kind {
        case .addressRefused, .redirectRefused, .invalidRequest:
            ProviderError(
                .invalid, "the result is at an address that is not fetched from (\(error)); see RESULT_ADDRESSES")
        case .bodyTooLarge: ProviderError(.invalid, "the result is larger than \(largest) bytes")
        default: ProviderError(.unavailable, "the result could not be fetched (\(error))", call: .goesOn)
        }
    }
}
