import HTTPClient

/// What a stand-in sends into the world of this machine: webhooks, and requests for input images.
struct Outbound: Sendable {
    private let client: HTTPClient

    init(_ client: HTTPClient) {
        self.client = client
    }

    /// The bytes at `url`, 50 MB at most.
    ///
    /// - Throws: `HTTPClientError`, or `StandInError` when the answer is not a success.
    func fetch(_ url: String) async throws -> [UInt8] {
        let limit = 50 * 1024 * 1024
        let response = try await client.execute(
            .init(.get, url, timeout: .seconds(30), redirects: 3, maximumBodySize: limit))
        guard response.isSuccess else { throw StandInError("its address answered with status \(response.status)") }
        return try await response.body.collect(upTo: limit)
    }

    /// Posts JSON and tells the status of the answer; 0 when there was none.
    func post(_ url: String, headers: [(String, String)], body: [UInt8]) async -> Int {
        var fields: HTTPHeaders = ["content-type": "application/json"]
        for (name, value) in headers { fields.add(name, value) }
        let request = HTTPClient.Request(.post, url, headers: fields, body: .bytes(body), timeout: .seconds(15))
        return (try? await client.execute(request).status) ?? 0
    }
}
