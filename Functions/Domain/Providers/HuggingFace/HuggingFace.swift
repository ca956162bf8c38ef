package import FunctionRuntime
package import HTTPClient
internal import JSON

/// Hugging Face's inference (https://huggingface.co/docs/inference-providers/providers/hf-inference): one exchange that ends with the
/// picture's own bytes.
///
/// There is no idempotency key and nothing to look at: a call whose answer was lost can only be made again. A model that is not loaded
/// says when it will be: such a call was not taken, and is repeated after that time like one that came too early.
package struct HuggingFace: ProviderAdapter {
    package static let name = "huggingface"
    package static let presence = ConfigurationKey<String>(
        "HF_TOKEN", summary: "access token of Hugging Face; without it there is no such provider", secret: true
    ).optional
    package static let inferenceURL = ConfigurationKey.address(
        "HF_INFERENCE_URL", summary: "where Hugging Face's inference is, without /models",
        default: "https://router.huggingface.co/hf-inference")
    package static let model = ConfigurationKey<String>(
        "HF_MODEL", summary: "model to draw with where a workflow names none: owner/name",
        default: "black-forest-labs/FLUX.1-schnell", kind: "a model of Hugging Face", want: "owner/name"
    ) { PathSegments.split($0) == nil ? nil : $0 }

    package static let environment: [any ConfigurationKeyProtocol] = [presence, inferenceURL, model]

    package let capabilities = ProviderCapabilities(takesImages: true, answersAtOnce: true)

    private let service: SynchronousService
    private let model: String

    /// - Throws: `ConfigurationProblem`.
    package init(_ configuration: Configuration, _ client: HTTPClient) throws {
        service = SynchronousService(
            name: "Hugging Face", client: client, base: try configuration[Self.inferenceURL],
            credentials: [
                "authorization": "Bearer \(try configuration.needed(Self.presence))", "accept": "image/png",
            ])
        model = try configuration[Self.model]
    }

    package func submit(
        _ request: GenerationRequest, _ observe: ProviderObserver
    ) async throws(ProviderError) -> ProviderCall {
        let model = request.model ?? model
        guard PathSegments.split(model) != nil else {
            throw ProviderError(.invalid, "\"\(model.prefix(100))\" is no model of Hugging Face (want owner/name)")
        }
        let picture = try await service.post("/models/\(model)", HuggingFaceInput(request).content) { response in
            guard response.isSuccess else {
                throw HuggingFaceRefusal(response, await service.problem(of: response)).error
            }
            let bytes = try await response.body.collect(upTo: ResultFetcher.largest)
            guard (try? ImageHeader(sniffing: bytes)) != nil else {
                throw ProviderError(.unavailable, "Hugging Face answered with something that is no picture")
            }
            return bytes
        }
        return ProviderCall(requestID: request.call.text, state: .succeeded([.bytes(picture)]))
    }

    package func fetch(_ output: ProviderOutput) async throws(ProviderError) -> [UInt8] {
        switch output {
        case .bytes(let bytes): return bytes
        case .address: throw ProviderError(.invalid, "Hugging Face has no addresses to fetch pictures from")
        }
    }
}
