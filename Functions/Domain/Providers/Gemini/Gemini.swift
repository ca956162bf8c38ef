package import FunctionRuntime
package import HTTPClient
internal import JSON

/// Google's Gemini API (https://ai.google.dev/api/generate-content): one exchange that ends with the picture.
///
/// A prompt that is not drawn comes back as a success without a picture, and so does one that the model answered in words.
package struct Gemini: ProviderAdapter {
    package static let name = "gemini"
    package static let presence = ConfigurationKey<String>(
        "GEMINI_API_KEY", summary: "API key of Google Gemini; without it there is no such provider", secret: true
    ).optional
    package static let baseURL = ConfigurationKey.address(
        "GEMINI_BASE_URL", summary: "where Gemini's API is, without its version",
        default: "https://generativelanguage.googleapis.com")
    package static let model = ConfigurationKey<String>(
        "GEMINI_MODEL", summary: "model to draw with where a workflow names none",
        default: "gemini-3.1-flash-lite-image")
    package static let textModel = ConfigurationKey<String>(
        "GEMINI_TEXT_MODEL", summary: "model to write with", default: "gemini-3.1-flash-lite")

    /// The keys a function declares that uses this provider.
    package static let environment: [any ConfigurationKeyProtocol] = [
        presence, baseURL, model, textModel, FetchPolicy.key,
    ]

    package let capabilities = ProviderCapabilities(takesImages: true, answersAtOnce: true)

    let textModel: String
    private let service: SynchronousService
    private let fetcher: ResultFetcher
    private let model: String

    /// - Throws: `ConfigurationProblem`.
    package init(_ configuration: Configuration, _ client: HTTPClient) throws {
        // In a header, not in the address: addresses are logged.
        service = SynchronousService(
            name: "Gemini", client: client, base: try configuration[Self.baseURL],
            credentials: ["x-goog-api-key": try configuration.needed(Self.presence)])
        fetcher = ResultFetcher(client, try configuration[FetchPolicy.key])
        model = try configuration[Self.model]
        textModel = try configuration[Self.textModel]
    }

    package func submit(
        _ request: GenerationRequest, _ observe: ProviderObserver
    ) async throws(ProviderError) -> ProviderCall {
        let answer = try await generate(GeminiDrawing.body(of: request), with: request.model ?? model)
        let pictures = answer.pictures
        guard !pictures.isEmpty else { throw answer.withoutPicture }
        return ProviderCall(requestID: request.call.text, state: .succeeded(pictures.map { .bytes($0) }))
    }

    package func fetch(_ output: ProviderOutput) async throws(ProviderError) -> [UInt8] {
        try await fetcher.fetch(output)
    }

    /// One exchange.
    ///
    /// - Throws: what a refusal means, also one that comes as a success.
    func generate(_ body: JSON, with model: String) async throws(ProviderError) -> GeminiAnswer {
        let name = model.contains("/") ? model : "models/\(model)"
        let json = try await service.post("/v1beta/\(name):generateContent", .json(body)) { response in
            guard response.isSuccess else {
                throw GeminiRefusal(response, await service.problem(of: response)).error
            }
            return try await service.json(of: response)
        }
        let answer = GeminiAnswer(json)
        if let refusal = answer.refusal { throw refusal }
        return answer
    }
}
