internal import HTTPClient
internal import JSON

/// Exchanges with a provider that works while the caller waits: of an answer that was lost nothing can be found again.
struct SynchronousService: Sendable {
    /// As its users call it, for sentences.
    let name: String
    let client: HTTPClient
    /// Where it is, without a slash at the end.
    let base: String
    /// Who asks.
    let credentials: HTTPHeaders

    /// What is sent.
    enum Content {
        case json(JSON)
        case form(MultipartForm)
        case bytes([UInt8], type: String)
    }

    /// Bytes of an answer: sixteen pictures of four megapixels, as text.
    static let largestAnswer = 192 << 20
    /// Bytes of one event: the largest picture, as text.
    static let largestEvent = 64 << 20
    /// Bytes of a refusal.
    private static let largestRefusal = 1 << 20

    /// One exchange, never repeated.
    ///
    /// - Parameters:
    ///   - path: behind the base.
    ///   - read: reads the answer, whatever its status.
    /// - Throws: what `read` throws; `.lost` when the answer or a part of it did not come.
    func post<Answer>(
        _ path: String, _ content: Content, read: (HTTPClient.Response) async throws -> Answer
    ) async throws(ProviderError) -> Answer {
        // A drawing takes minutes in which no byte moves.
        var request = HTTPClient.Request(
            .post, base + path, headers: credentials, timeout: .seconds(900), idleTimeout: .seconds(300),
            maximumBodySize: Self.largestAnswer)
        switch content {
        case .json(let json):
            request.headers["content-type"] = "application/json"
            request.body = .bytes(json.serialized)
        case .form(let form):
            request.headers["content-type"] = form.contentType
            request.body = .bytes(form.encoded)
        case .bytes(let bytes, let type):
            request.headers["content-type"] = type
            request.body = .bytes(bytes)
        }
        do {
            return try await read(try await client.execute(request))
        } catch let error as ProviderError {
            throw error
        } catch let error as HTTPClientError where error.wasNotSent {
            throw ProviderError(.unavailable, "\(name) cannot be reached (\(error))")
        } catch let error as HTTPClientError where error.kind == .bodyTooLarge {
            throw failed("\(name) answered with more than is taken (\(error))")
        } catch {
            throw lost("the answer of \(name) was lost (\(error))")
        }
    }

    /// The JSON of a successful answer.
    ///
    /// - Throws: `.lost` when it is cut off or no JSON.
    func json(of response: HTTPClient.Response) async throws -> JSON {
        let bytes = try await response.body.collect(upTo: Self.largestAnswer)
        do throws(JSONError) { return try JSON(parsing: bytes) } catch {
            throw lost("\(name) answered with something that is no JSON (\(error))")
        }
    }

    /// What a refusal says; null when it says nothing readable, for its status says enough.
    func problem(of response: HTTPClient.Response) async -> JSON {
        guard let bytes = try? await response.body.collect(upTo: Self.largestRefusal) else { return .null }
        return (try? JSON(parsing: bytes)) ?? .null
    }

    /// Nobody knows what became of the call.
    func lost(_ message: String) -> ProviderError { ProviderError(.lost, message, call: .goesOn) }

    /// It went wrong in a way that another attempt would repeat.
    func failed(_ message: String) -> ProviderError { ProviderError(.invalid, message, code: "provider_failed") }
}
