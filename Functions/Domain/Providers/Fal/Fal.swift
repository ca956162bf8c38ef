internal import Cryptography
package import FunctionRuntime
package import HTTPClient
internal import JSON

/// fal.ai's queue (https://docs.fal.ai/model-apis/model-endpoints/queue): put a request in, follow its status, get the model's answer.
///
/// There is no idempotency key and no list of requests: one whose answer was lost cannot be found again. fal itself repeats queued
/// requests up to ten times; it is asked not to, so that attempts are counted in one place.
package struct Fal: ProviderAdapter {
    package static let name = "fal"
    package static let presence = ConfigurationKey<String>(
        "FAL_KEY", summary: "API key of fal.ai, id:secret; without it there is no such provider", secret: true
    ).optional
    package static let queueURL = ConfigurationKey.address(
        "FAL_QUEUE_URL", summary: "where fal.ai's queue is", default: "https://queue.fal.run")
    package static let restURL = ConfigurationKey.address(
        "FAL_REST_URL", summary: "where fal.ai's uploads are asked for", default: "https://rest.fal.ai")
    package static let model = ConfigurationKey<String>(
        "FAL_MODEL", summary: "model to draw with where a workflow names none: owner/app, or owner/app/path",
        default: "fal-ai/flux/schnell", kind: "a model of fal.ai", want: "owner/app"
    ) { FalModel($0)?.path }
    package static let priority = ConfigurationKey<String>(
        "FAL_PRIORITY", summary: "place in fal.ai's queue: normal, or low for work that may wait", default: "normal",
        kind: "a priority", want: "normal or low"
    ) { ["normal", "low"].contains($0) ? $0 : nil }

    package static let environment: [any ConfigurationKeyProtocol] = [
        presence, queueURL, restURL, model, priority, FetchPolicy.key,
    ]

    package let capabilities = ProviderCapabilities(
        cancels: true, takesImages: true, takesWebhooks: true, showsProgress: true)

    private let queue: FalQueue
    private let uploads: FalUploads
    private let fetcher: ResultFetcher
    private let model: String
    private let priority: String

    /// Bytes of an input picture up to which it travels inside the request.
    static let largestInline = 256 << 10
    /// How long one stream of statuses is followed at most before its call is looked at in another way.
    private static let longestStream = Duration.seconds(900)

    /// - Throws: `ConfigurationProblem`.
    package init(_ configuration: Configuration, _ client: HTTPClient) throws {
        let authorization = "Key \(try configuration.needed(Self.presence))"
        let policy = try configuration[FetchPolicy.key]
        queue = FalQueue(client: client, base: try configuration[Self.queueURL], authorization: authorization)
        uploads = FalUploads(
            client: client, base: try configuration[Self.restURL], authorization: authorization, policy: policy)
        fetcher = ResultFetcher(client, policy)
        model = try configuration[Self.model]
        priority = try configuration[Self.priority]
    }

    package func submit(
        _ request: GenerationRequest, _ observe: ProviderObserver
    ) async throws(ProviderError) -> ProviderCall {
        let name = request.model ?? model
        guard let model = FalModel(name) else {
            throw ProviderError(.invalid, "\"\(name.prefix(100))\" is no model of fal.ai (want owner/app)")
        }
        var input = request.parameters
        input["prompt"] = .string(request.prompt)
        if let image = request.image { input["image_url"] = .string(try await address(of: image)) }
        let answer = try await queue.submit(
            model, .object(input), headers: ["x-fal-queue-priority": priority, "x-fal-no-retry": "1"],
            webhook: request.webhook(from: queue.base))
        guard let call = FalCall(answer, at: queue.base, model: model) else {
            throw ProviderError(.lost, "fal.ai took the request with an answer that names none", call: .goesOn)
        }
        return ProviderCall(requestID: call.path, state: .running(progress: nil))
    }

    package func poll(_ requestID: String) async throws(ProviderError) -> ProviderCall {
        let call = try call(requestID)
        switch FalStatus(try await queue.look(at: "\(call.path)/status?logs=1")) {
        case .running(let progress): return ProviderCall(requestID: requestID, state: .running(progress: progress))
        case .completed(let failure): return try await end(of: call, requestID, failure)
        case nil:
            throw ProviderError(.unavailable, "fal.ai answered with something that is no status", call: .goesOn)
        }
    }

    /// Follows the stream of statuses; looks where there is none, where it breaks, and when the provider has called back.
    package func watch(_ call: ProviderCall, _ observe: ProviderObserver) async throws(ProviderError) -> ProviderCall {
        guard case .running = call.state else { return call }
        let followed = try self.call(call.requestID)
        if case .completed(let failure) = await follow(followed, observe) {
            do throws(ProviderError) {
                return try await end(of: followed, call.requestID, failure)
            } catch  where error.call == .ended || !error.retryClass.isRetryable {
                throw error
            } catch {
                // Looking will bring it; that knows when to give up.
                return try await watchByPolling(call, observe)
            }
        }
        return try await watchByPolling(call, observe)
    }

    package func cancel(_ requestID: String) async throws(ProviderError) {
        try await queue.cancel(try call(requestID))
    }

    package func fetch(_ output: ProviderOutput) async throws(ProviderError) -> [UInt8] {
        try await fetcher.fetch(output)
    }

    /// The last status of the stream; nil when it ended otherwise, or the provider called back meanwhile.
    private func follow(_ call: FalCall, _ observe: ProviderObserver) async -> FalStatus? {
        await withTaskGroup(of: FalStatus?.self) { group in
            group.addTask { await queue.statuses(of: call, observe) }
            group.addTask {
                await observe.pause(Self.longestStream)
                return nil
            }
            let first = await group.next() ?? nil
            group.cancelAll()
            return first
        }
    }

    private func end(
        of call: FalCall, _ requestID: String, _ failure: FalRefusal?
    ) async throws(ProviderError) -> ProviderCall {
        if let failure { return ProviderCall(requestID: requestID, state: failure.end) }
        return ProviderCall(requestID: requestID, state: try await queue.result(of: call))
    }

    private func call(_ requestID: String) throws(ProviderError) -> FalCall {
        guard let call = FalCall(requestID: requestID, model: FalModel(model)) else {
            throw ProviderError(.lost, "\"\(requestID.prefix(100))\" is no request of fal.ai")
        }
        return call
    }

    /// What stands for a picture in the input: itself where it is small, else the address of an upload.
    private func address(of image: GenerationRequest.InputImage) async throws(ProviderError) -> String {
        if image.bytes.count <= Self.largestInline {
            return "data:\(image.format.mediaType);base64,\(Base64.encode(image.bytes))"
        }
        return try await uploads.upload(image)
    }
}
