internal import HTTPClient
internal import JSON

/// One ComfyUI server: its exchanges, with their errors put into our classes.
struct ComfyUIConnection: Sendable {
    /// Without a slash at its end.
    let base: String
    private let apiKey: String?
    private let client: HTTPClient

    /// Bytes of an answer: the descriptions of some hundred nodes, or a history.
    private static let largestAnswer = 64 << 20

    init(base: String, apiKey: String?, _ client: HTTPClient) {
        self.base = base
        self.apiKey = apiKey
        self.client = client
    }

    func get(_ path: String) async throws(ProviderError) -> JSON {
        try await ask(HTTPClient.Request(.get, base + path))
    }

    /// - Parameter creates: whether a lost answer may have left a prompt behind.
    func post(_ path: String, _ json: JSON, creates: Bool = false) async throws(ProviderError) -> JSON {
        var request = HTTPClient.Request(.post, base + path, body: .bytes(json.serialized))
        request.headers["content-type"] = "application/json"
        return try await ask(request, creates: creates)
    }

    func post(_ path: String, _ form: MultipartForm) async throws(ProviderError) -> JSON {
        var request = HTTPClient.Request(.post, base + path, body: .bytes(form.encoded))
        request.headers["content-type"] = form.contentType
        return try await ask(request)
    }

    func queue() async throws(ProviderError) -> ComfyUIQueue {
        ComfyUIQueue(try await get("/queue"))
    }

    /// A picture, by its address on this server: it may be in the private network that results are else not fetched from, and it gets
    /// the key.
    func fetch(_ address: String) async throws(ProviderError) -> [UInt8] {
        let request = HTTPClient.Request(.get, address, maximumBodySize: ResultFetcher.largest)
        do {
            let (status, bytes, _) = try await exchange(request, upTo: ResultFetcher.largest)
            switch status {
            case 200: return bytes
            case 400, 403, 404: throw ProviderError(.lost, "ComfyUI no longer has the picture (status \(status))")
            default:
                throw ProviderError(.unavailable, "the picture could not be fetched (status \(status))", call: .goesOn)
            }
        } catch let error as ProviderError {
            throw error
        } catch let error as HTTPClientError where error.kind == .bodyTooLarge {
            throw ProviderError(.invalid, "the result is larger than \(ResultFetcher.largest) bytes")
        } catch {
            throw ProviderError(.unavailable, "the picture could not be fetched (\(error))", call: .goesOn)
        }
    }

    /// Opens the stream of events for one client id.
    func events(client id: String) async throws -> WebSocket {
        var request = HTTPClient.Request(.get, base + "/ws?clientId=\(id)", connectTimeout: .seconds(5))
        request.headers["x-api-key"] = apiKey
        request.maximumBodySize = ResultFetcher.largest
        return try await client.webSocket(request)
    }

    private func ask(_ request: HTTPClient.Request, creates: Bool = false) async throws(ProviderError) -> JSON {
        let looks = request.method == .get
        do {
            let (status, bytes, wait) = try await exchange(request, upTo: Self.largestAnswer)
            guard (200..<300).contains(status) else {
                throw ComfyUIRefusal(status, bytes, retryAfter: wait).error(creates: creates, looks: looks)
            }
            // Some answers are empty; anything else that is no JSON was not sent by ComfyUI.
            if bytes.isEmpty { return .null }
            do throws(JSONError) { return try JSON(parsing: bytes) } catch {
                throw ProviderError(
                    creates ? .lost : .unavailable, "ComfyUI's answer is no JSON (\(error))",
                    call: creates || looks ? .goesOn : .ended)
            }
        } catch let error as ProviderError {
            throw error
        } catch let error as HTTPClientError where error.wasNotSent {
            throw ProviderError(.unavailable, "ComfyUI cannot be reached (\(error))", call: looks ? .goesOn : .ended)
        } catch {
            throw ProviderError(
                .lost, "the answer of ComfyUI was lost (\(error))", call: creates || looks ? .goesOn : .ended)
        }
    }

    private func exchange(
        _ request: HTTPClient.Request, upTo limit: Int
    ) async throws -> (status: Int, body: [UInt8], retryAfter: String?) {
        var request = request
        request.headers["x-api-key"] = apiKey
        request.timeout = .seconds(60)
        let response = try await client.execute(request)
        return (response.status, try await response.body.collect(upTo: limit), response.headers["retry-after"])
    }
}
