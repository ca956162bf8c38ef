internal import Cryptography
package import FoundationEssentials
package import FunctionRuntime
package import HTTPClient
internal import JSON

/// Replicate's HTTP API (https://replicate.com/docs/reference/http), asynchronously: create a prediction, look at it until it has
/// ended, fetch its output.
///
/// Replicate has no idempotency key, so a create is never repeated blindly: one whose answer was lost is looked for in the list of
/// predictions, by its input.
package struct Replicate: ProviderAdapter {
    package static let name = "replicate"
    package static let presence = ConfigurationKey<String>(
        "REPLICATE_API_TOKEN", summary: "API token of Replicate; without it there is no such provider", secret: true
    ).optional
    package static let baseURL = ConfigurationKey<String>(
        "REPLICATE_BASE_URL", summary: "where Replicate's API is, without /v1", default: "https://api.replicate.com",
        kind: "an address", want: "https://api.replicate.com"
    ) { $0.hasPrefix("http://") || $0.hasPrefix("https://") ? $0.trimmingSlash : nil }
    package static let model = ConfigurationKey<String>(
        "REPLICATE_MODEL",
        summary: "model to draw with where a workflow names none: owner/name, owner/name:version, a version, "
            + "or deployments/owner/name",
        default: "black-forest-labs/flux-schnell")

    /// The keys a function declares that uses this provider.
    package static let environment: [any ConfigurationKeyProtocol] = [presence, baseURL, model, FetchPolicy.key]

    package let capabilities = ProviderCapabilities(
        findsLostCalls: true, cancels: true, takesImages: true, takesWebhooks: true, showsProgress: true)

    let service: ReplicateService
    private let fetcher: ResultFetcher
    private let model: String

    /// Bytes of an input picture up to which Replicate advises a data: URL; larger ones are uploaded first.
    static let largestInline = 256 << 10
    /// Pages of the list of predictions that a look-up reads at most; 100 predictions each.
    private static let lookUpPages = 5
    /// Seconds by which Replicate's clock may be behind ours.
    private static let clockSkew = 5.0

    /// - Throws: `ConfigurationProblem`.
    package init(_ configuration: Configuration, _ client: HTTPClient) throws {
        fetcher = ResultFetcher(client, try configuration[FetchPolicy.key])
        service = ReplicateService(
            client: client, base: try configuration[Self.baseURL],
            authorization: "Bearer \(try configuration.needed(Self.presence))")
        model = try configuration[Self.model]
    }

    package func submit(
        _ request: GenerationRequest, _ observe: ProviderObserver
    ) async throws(ProviderError) -> ProviderCall {
        let target = ReplicateModel(request.model ?? model)
        var input = input(of: request)
        if let image = request.image { input[Self.picture(in: request)] = .string(try await address(of: image)) }
        var body: JSONObject = ["input": .object(input)]
        if let version = target.version { body["version"] = .string(version) }
        if let webhook = request.webhook(from: service.base) {
            body["webhook"] = .string(webhook)
            body["webhook_events_filter"] = ["completed"]
        }
        let answer = try await service.post(target.path, .object(body), creates: true)
        guard let call = ReplicatePrediction.call(answer) else {
            throw ProviderError(
                .lost, "Replicate accepted the request with an answer that is no prediction", call: .goesOn)
        }
        return call
    }

    package func poll(_ requestID: String) async throws(ProviderError) -> ProviderCall {
        let answer = try await service.get("/v1/predictions/\(requestID)")
        guard let call = ReplicatePrediction.call(answer) else {
            throw ProviderError(.unavailable, "Replicate answered with something that is no prediction", call: .goesOn)
        }
        return call
    }

    package func lookUp(_ request: GenerationRequest, since: Date) async throws(ProviderError) -> [ProviderCall] {
        let (input, picture) = (JSON.object(input(of: request)), Self.picture(in: request))
        let earliest = since.addingTimeInterval(-Self.clockSkew)
        var candidates: [ProviderCall] = []
        var next: String? = "/v1/predictions"
        for _ in 0..<Self.lookUpPages {
            guard let path = next else { break }
            let page = try await service.get(path)
            for prediction in page["results"]?.array ?? [] {
                // Newest first: once they are older than the intent, none of the rest can be its.
                guard let created = prediction["created_at"]?.string.flatMap(Date.init(parameter:)), created >= earliest
                else { return candidates }
                guard prediction["input"]?.without(picture) == input else { continue }
                if let call = ReplicatePrediction.call(prediction) { candidates.append(call) }
            }
            next = page["next"]?.string.flatMap(service.pathOnHost)
        }
        return candidates
    }

    package func cancel(_ requestID: String) async throws(ProviderError) {
        _ = try await service.post("/v1/predictions/\(requestID)/cancel")
    }

    package func fetch(_ output: ProviderOutput) async throws(ProviderError) -> [UInt8] {
        try await fetcher.fetch(output)
    }

    /// The input but for its picture.
    private func input(of request: GenerationRequest) -> JSONObject {
        var input = request.parameters
        input[Self.picture(in: request)] = nil
        input["prompt"] = .string(request.prompt)
        return input
    }

    /// What the model calls its picture: `image`, unless the workflow says otherwise (`{"image": "input_image"}`).
    private static func picture(in request: GenerationRequest) -> String {
        request.definition?["image"]?.string ?? "image"
    }

    /// What stands for a picture in the input: itself where it is small, else the address of an upload.
    private func address(of image: GenerationRequest.InputImage) async throws(ProviderError) -> String {
        if image.bytes.count <= Self.largestInline {
            return "data:\(image.format.mediaType);base64,\(Base64.encode(image.bytes))"
        }
        var form = MultipartForm()
        form.add(
            "content", file: image.bytes, name: "input.\(image.format.fileExtension)",
            contentType: image.format.mediaType)
        var request = HTTPClient.Request(.post, service.base + "/v1/files", body: .bytes(form.encoded))
        request.headers["content-type"] = form.contentType
        let answer = try await service.ask(request)
        guard let address = answer["urls"]?["get"]?.string else {
            throw ProviderError(.unavailable, "Replicate took the input picture without saying where it is")
        }
        return address
    }
}

extension JSON {
    /// The same input without its picture, which may have another address each time.
    fileprivate func without(_ picture: String) -> JSON {
        guard var members = object else { return self }
        members[picture] = nil
        return .object(members)
    }
}

extension String {
    fileprivate var trimmingSlash: String { hasSuffix("/") ? String(dropLast()) : self }
}
