internal import FoundationEssentials
internal import HTTPClient
internal import JSON

/// Exchanges with Replicate's API, with the account's token.
struct ReplicateService: Sendable {
    let client: HTTPClient
    /// Without `/v1` and without a slash at the end.
    let base: String
    let authorization: String

    /// Bytes of an answer; one may hold pictures as data: URLs.
    private static let largestAnswer = 128 << 20

    func get(_ path: String) async throws(ProviderError) -> JSON {
        try await ask(HTTPClient.Request(.get, base + path))
    }

    func post(_ path: String, _ json: JSON? = nil, creates: Bool = false) async throws(ProviderError) -> JSON {
        var request = HTTPClient.Request(.post, base + path)
        if let json {
            request.headers["content-type"] = "application/json"
            request.body = .bytes(json.serialized)
        }
        return try await ask(request, creates: creates)
    }

    /// One exchange.
    ///
    /// - Parameter creates: whether a lost answer may have left a prediction behind.
    func ask(_ request: HTTPClient.Request, creates: Bool = false) async throws(ProviderError) -> JSON {
        var request = request
        request.headers["authorization"] = authorization
        request.headers["accept"] = "application/json"
        request.timeout = .seconds(60)
        let looks = request.method == .get
        do {
            let response = try await client.execute(request)
            let bytes = try await response.body.collect(upTo: Self.largestAnswer)
            if response.isSuccess { return (try? JSON(parsing: bytes)) ?? .null }
            throw ReplicateRefusal(response.status, bytes, response.headers["retry-after"]).error(
                creates: creates, looks: looks)
        } catch let error as ProviderError {
            throw error
        } catch let error as HTTPClientError where error.wasNotSent {
            throw ProviderError(.unavailable, "Replicate cannot be reached (\(error))", call: looks ? .goesOn : .ended)
        } catch {
            throw ProviderError(
                .lost, "the answer of Replicate was lost (\(error))", call: creates || looks ? .goesOn : .ended)
        }
    }

    /// The path and query of an address that Replicate gave; nil when it leads to another host, which gets no token.
    func pathOnHost(_ address: String) -> String? {
        if address.hasPrefix("/") { return address }
        return address.hasPrefix(base + "/") ? String(address.dropFirst(base.count)) : nil
    }
}
