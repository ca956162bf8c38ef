internal import Cryptography
internal import FoundationEssentials
package import FunctionRuntime
package import HTTPClient
internal import JSON

/// The API of AUTOMATIC1111's web UI (https://github.com/AUTOMATIC1111/stable-diffusion-webui/wiki/API), which
/// stable-diffusion.cpp's server and other tools speak too: one exchange that ends with the picture, and beside it the progress of
/// whatever is drawn at the moment.
///
/// It draws one picture after the other and tells which by the task's id: ours, the call's. There is nothing to look a lost answer up
/// in.
package struct Automatic1111: ProviderAdapter {
    package static let url = ConfigurationKey<String>.address(
        "AUTOMATIC1111_URL", summary: "where AUTOMATIC1111 is, started with --api", want: "http://127.0.0.1:7860"
    ).optional
    package static let credentials = ConfigurationKey<String>(
        "AUTOMATIC1111_AUTH", summary: "user:password, as AUTOMATIC1111 was given with --api-auth", secret: true,
        kind: "a user and a password", want: "user:password"
    ) { $0.contains(":") ? $0 : nil }.optional
    package static let model = ConfigurationKey<String>(
        "AUTOMATIC1111_MODEL",
        summary: "checkpoint to draw with where a workflow names none; without it, the one that is loaded"
    ).optional

    package static let name = "automatic1111"
    package static let environment: [any ConfigurationKeyProtocol] = [url, credentials, model, FetchPolicy.key]
    package static var presence: ConfigurationKey<String?> { url }

    package var capabilities: ProviderCapabilities {
        ProviderCapabilities(
            cancels: true, takesImages: true, answersAtOnce: true, showsProgress: true, showsPreviews: true)
    }

    private let service: SynchronousService
    private let fetcher: ResultFetcher
    private let model: String?

    private static let progressPath = "/sdapi/v1/progress?skip_current_image=false"
    /// Bytes of a progress report with its preview.
    private static let largestReport = 16 << 20

    package init(_ configuration: Configuration, _ client: HTTPClient) throws {
        var headers: HTTPHeaders = [:]
        if let credentials = try configuration[Self.credentials] {
            headers["authorization"] = "Basic \(Base64.encode(Array(credentials.utf8)))"
        }
        service = SynchronousService(
            name: "AUTOMATIC1111", client: client, base: try configuration.needed(Self.url), credentials: headers)
        fetcher = ResultFetcher(client, try configuration[FetchPolicy.key])
        model = try configuration[Self.model]
    }

    package func submit(
        _ request: GenerationRequest, _ observe: ProviderObserver
    ) async throws(ProviderError) -> ProviderCall {
        let task = request.call.text
        let drawing = Automatic1111Drawing(request, model: model)
        let result = await withTaskGroup(of: Result<[ProviderOutput], ProviderError>?.self) { group in
            group.addTask {
                do throws(ProviderError) { return .success(try await draw(drawing)) } catch { return .failure(error) }
            }
            group.addTask {
                await report(task, observe)
                return nil
            }
            defer { group.cancelAll() }
            while let ended = await group.next() {
                if let ended { return ended }
            }
            return .failure(service.lost("drawing was interrupted"))
        }
        return ProviderCall(requestID: task, state: .succeeded(try result.get()))
    }

    /// Stops the call while it is the one that is drawn: an interrupt names none, and would stop whatever is.
    package func cancel(_ requestID: String) async throws(ProviderError) {
        guard try await get(Self.progressPath)["current_task"]?.string == requestID else { return }
        try await service.post("/sdapi/v1/interrupt", .json([:])) { response in
            guard response.isSuccess else {
                throw Automatic1111Refusal(response, await service.problem(of: response)).error
            }
        }
    }

    package func fetch(_ output: ProviderOutput) async throws(ProviderError) -> [UInt8] {
        try await fetcher.fetch(output)
    }

    private func draw(_ drawing: Automatic1111Drawing) async throws(ProviderError) -> [ProviderOutput] {
        try await service.post(drawing.path, .json(drawing.body)) { response in
            guard response.isSuccess else {
                throw Automatic1111Refusal(response, await service.problem(of: response)).error
            }
            let outputs = Automatic1111Drawing.outputs(in: try await service.json(of: response))
            guard !outputs.isEmpty else {
                throw ProviderError(.unavailable, "AUTOMATIC1111 answered without a picture")
            }
            return outputs
        }
    }

    /// Tells how far the call is, until the task is cancelled. Servers that cannot tell are asked all the same: it costs nothing.
    private func report(_ task: String, _ observe: ProviderObserver) async {
        var look = 0
        var shown: String?
        while !Task.isCancelled {
            look += 1
            await observe.pause(observe.schedule.wait(before: look))
            // A report that does not come is no news about the call, which has its own answer.
            guard !Task.isCancelled, let report = try? await get(Self.progressPath),
                report["current_task"]?.string ?? task == task
            else { continue }
            if let share = report["progress"]?.double, share > 0 { await observe.report(.progress(min(share, 1))) }
            if let image = report["current_image"]?.string, image != shown, let bytes = Base64.decode(image) {
                shown = image
                await observe.report(.preview(bytes))
            }
        }
    }

    /// What the server tells of itself.
    func get(_ path: String) async throws(ProviderError) -> JSON {
        let request = HTTPClient.Request(
            .get, service.base + path, headers: service.credentials,
            timeout: .seconds(10), maximumBodySize: Self.largestReport)
        do {
            let response = try await service.client.execute(request)
            guard response.isSuccess else {
                throw Automatic1111Refusal(response, await service.problem(of: response)).error
            }
            return try await service.json(of: response)
        } catch let error as ProviderError {
            throw error
        } catch {
            throw ProviderError(.unavailable, "AUTOMATIC1111 does not answer (\(error))")
        }
    }
}
