package import FunctionRuntime
package import HTTPClient
internal import JSON

/// OpenAI's image API (https://platform.openai.com/docs/api-reference/images), and whatever speaks it at another address, such as
/// stable-diffusion.cpp: one exchange that ends with the picture, with partial pictures on the way where the server streams.
///
/// There is no idempotency key and nothing to look at: a call whose answer was lost can only be made again.
package struct OpenAI: ProviderAdapter {
    package static let name = "openai"
    package static let presence = ConfigurationKey<String>(
        "OPENAI_API_KEY", summary: "API key of OpenAI; without it there is no such provider", secret: true
    ).optional
    package static let baseURL = ConfigurationKey.address(
        "OPENAI_BASE_URL", summary: "where OpenAI's API is, with /v1; a server that speaks the same will do",
        default: "https://api.openai.com/v1")
    package static let organization = ConfigurationKey<String>(
        "OPENAI_ORG_ID", summary: "organisation that calls are billed to, where the key has several"
    ).optional
    package static let project = ConfigurationKey<String>(
        "OPENAI_PROJECT_ID", summary: "project that calls are billed to, where the key has several"
    ).optional
    package static let model = ConfigurationKey<String>(
        "OPENAI_MODEL", summary: "model to draw with where a workflow names none", default: "gpt-image-2")
    package static let textModel = ConfigurationKey<String>(
        "OPENAI_TEXT_MODEL", summary: "model to write with", default: "gpt-5.4-mini")
    package static let partialImages = ConfigurationKey<Int>(
        "OPENAI_PARTIAL_IMAGES", summary: "previews of a picture that is drawn; each is billed as output",
        default: 2, kind: "a number from 0 to 3"
    ) { text in Int(text).flatMap { (0...3).contains($0) ? $0 : nil } }

    /// The keys a function declares that uses this provider.
    package static let environment: [any ConfigurationKeyProtocol] = [
        presence, baseURL, organization, project, model, textModel, partialImages, FetchPolicy.key,
    ]

    package let capabilities: ProviderCapabilities

    let service: SynchronousService
    let textModel: String
    private let fetcher: ResultFetcher
    private let model: String
    private let partialImages: Int

    /// - Throws: `ConfigurationProblem`.
    package init(_ configuration: Configuration, _ client: HTTPClient) throws {
        var credentials: HTTPHeaders = ["authorization": "Bearer \(try configuration.needed(Self.presence))"]
        credentials["openai-organization"] = try configuration[Self.organization]
        credentials["openai-project"] = try configuration[Self.project]
        service = SynchronousService(
            name: "OpenAI", client: client, base: try configuration[Self.baseURL], credentials: credentials)
        fetcher = ResultFetcher(client, try configuration[FetchPolicy.key])
        model = try configuration[Self.model]
        textModel = try configuration[Self.textModel]
        partialImages = try configuration[Self.partialImages]
        capabilities = ProviderCapabilities(takesImages: true, answersAtOnce: true, showsPreviews: partialImages > 0)
    }

    package func submit(
        _ request: GenerationRequest, _ observe: ProviderObserver
    ) async throws(ProviderError) -> ProviderCall {
        let drawing = try OpenAIDrawing(request, model: request.model ?? model)
        // A server that does not stream and says so has drawn nothing yet.
        var outputs = partialImages > 0 && drawing.mayStream ? try await draw(drawing, partialImages, observe) : nil
        if outputs == nil { outputs = try await draw(drawing, 0, observe) }
        guard let outputs, !outputs.isEmpty else {
            throw ProviderError(.unavailable, "OpenAI answered without a picture")
        }
        return ProviderCall(requestID: request.call.text, state: .succeeded(outputs))
    }

    package func fetch(_ output: ProviderOutput) async throws(ProviderError) -> [UInt8] {
        try await fetcher.fetch(output)
    }

    /// One exchange.
    ///
    /// - Parameter previews: how many to ask for; none asks for a plain answer.
    /// - Returns: the pictures; nil when previews are what the server does not want to hear of.
    private func draw(
        _ drawing: OpenAIDrawing, _ previews: Int, _ observe: ProviderObserver
    ) async throws(ProviderError) -> [ProviderOutput]? {
        try await service.post(drawing.path, drawing.content(previews: previews)) { response in
            guard response.isSuccess else {
                let refusal = OpenAIRefusal(response, await service.problem(of: response))
                if previews > 0, refusal.isAboutStreaming { return nil }
                throw refusal.error
            }
            if response.headers["content-type"]?.lowercased().hasPrefix("text/event-stream") == true {
                return try await OpenAIStream.outputs(of: response.body, service, observe)
            }
            return OpenAIDrawing.outputs(in: try await service.json(of: response))
        }
    }
}
