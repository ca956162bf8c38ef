package import FoundationEssentials
package import FunctionRuntime
package import HTTPClient
internal import JSON

/// ComfyUI's HTTP API and WebSocket (https://docs.comfy.org/development/comfyui-server/comms_routes): upload the picture, queue a
/// graph, follow its events, read the history, fetch the pictures.
///
/// The prompt's id is ours, the call's: that makes a lost one findable, though not unique, because ComfyUI queues the same id
/// twice without a word. Queue and history live in its memory: a prompt in neither was lost with a restart, or deleted.
package struct ComfyUI: ProviderAdapter {
    package static let url = ConfigurationKey<String>.address(
        "COMFYUI_URL", summary: "where ComfyUI is", want: "http://127.0.0.1:8188"
    ).optional
    package static let apiKey = ConfigurationKey<String>(
        "COMFYUI_API_KEY", summary: "key of a hosted ComfyUI; one's own has none", secret: true
    ).optional
    package static let model = ConfigurationKey<String>(
        "COMFYUI_MODEL",
        summary: "checkpoint to draw with where the workflow leaves it open: a file name that ComfyUI lists"
    ).optional

    package static let name = "comfyui"
    package static let environment: [any ConfigurationKeyProtocol] = [url, apiKey, model, FetchPolicy.key]
    package static var presence: ConfigurationKey<String?> { url }

    package var capabilities: ProviderCapabilities {
        ProviderCapabilities(
            findsLostCalls: true, cancels: true, takesImages: true, showsProgress: true, showsPreviews: true)
    }

    private let connection: ComfyUIConnection
    private let fetcher: ResultFetcher
    private let model: String?

    /// The folder below ComfyUI's own for input pictures that ours go to.
    private static let uploadFolder = "darkroom"
    /// Prompts of the history that a look-up reads where ComfyUI did not take our id.
    private static let lookUpDepth = 128

    package init(_ configuration: Configuration, _ client: HTTPClient) throws {
        connection = ComfyUIConnection(
            base: try configuration.needed(Self.url), apiKey: try configuration[Self.apiKey], client)
        fetcher = ResultFetcher(client, try configuration[FetchPolicy.key])
        model = try configuration[Self.model]
    }

    package func submit(
        _ request: GenerationRequest, _ observe: ProviderObserver
    ) async throws(ProviderError) -> ProviderCall {
        let workflow = try ComfyUIWorkflow(request)
        let picture: String? =
            if let image = request.image, workflow.takesImage { try await upload(image, for: request.call) } else {
                nil
            }
        let id = request.call.text
        let answer = try await connection.post(
            "/prompt",
            [
                "prompt": try workflow.graph(for: request, model: model, picture: picture),
                "client_id": .string(id), "prompt_id": .string(id),
                "extra_data": ["darkroom": workflow.note(call: id), "preview_method": "auto"],
            ], creates: true)
        guard let prompt = answer["prompt_id"]?.string, Self.isID(prompt) else {
            throw ProviderError(.lost, "ComfyUI accepted the prompt without saying its id", call: .goesOn)
        }
        return ProviderCall(requestID: prompt, state: .running(progress: nil))
    }

    package func poll(_ requestID: String) async throws(ProviderError) -> ProviderCall {
        if let call = try await finished(requestID) { return call }
        if try await connection.queue().holds(requestID) {
            return ProviderCall(requestID: requestID, state: .running(progress: nil))
        }
        // It may have ended between the two looks.
        if let call = try await finished(requestID) { return call }
        throw ProviderError(.lost, "ComfyUI no longer knows the prompt: it was restarted, or the prompt was deleted")
    }

    package func watch(_ call: ProviderCall, _ observe: ProviderObserver) async throws(ProviderError) -> ProviderCall {
        guard case .running = call.state else { return call }
        if let events = await ComfyUIEvents.open(connection, call.requestID) {
            let ended = try await events.follow(observe) { (slow) async throws(ProviderError) in
                try await watchByPolling(call, slow)
            }
            if let ended { return ended }
        }
        // The stream has told the end, which the history knows a moment later; or it broke.
        return try await watchByPolling(call, observe)
    }

    package func lookUp(_ request: GenerationRequest, since: Date) async throws(ProviderError) -> [ProviderCall] {
        let id = request.call.text
        if let queued = try await connection.queue().prompt(ofCall: id) {
            return [ProviderCall(requestID: queued, state: .running(progress: nil))]
        }
        if let call = try await finished(id) { return [call] }
        let history = try await connection.get("/history?max_items=\(Self.lookUpDepth)").object ?? [:]
        return history.compactMap { entry in
            let found = ComfyUIHistoryEntry(id: entry.name, entry.value)
            return found?.call == id
                ? found.map { ProviderCall(requestID: $0.id, state: $0.state(on: connection)) } : nil
        }
    }

    /// Takes a waiting prompt out of the queue, and interrupts a running one by its id: without an id, or on a version that does not
    /// know ids, an interrupt stops whatever runs, so it is sent only while ours does.
    package func cancel(_ requestID: String) async throws(ProviderError) {
        let queue = try await connection.queue()
        if queue.pending.contains(where: { $0.id == requestID }) {
            _ = try await connection.post("/queue", ["delete": [.string(requestID)]])
            guard try await connection.queue().running.contains(where: { $0.id == requestID }) else { return }
        } else if !queue.running.contains(where: { $0.id == requestID }) {
            return
        }
        _ = try await connection.post("/interrupt", ["prompt_id": .string(requestID)])
    }

    package func fetch(_ output: ProviderOutput) async throws(ProviderError) -> [UInt8] {
        if case .address(let address) = output, address.hasPrefix(connection.base + "/") {
            return try await connection.fetch(address)
        }
        return try await fetcher.fetch(output)
    }

    /// What the history has of a prompt; nil before its end, and for one it does not know.
    private func finished(_ id: String) async throws(ProviderError) -> ProviderCall? {
        guard let entry = ComfyUIHistoryEntry(id: id, try await connection.get("/history/\(id)")[id]) else {
            return nil
        }
        return ProviderCall(requestID: id, state: entry.state(on: connection))
    }

    /// - Returns: what a LoadImage node names it by.
    private func upload(
        _ image: GenerationRequest.InputImage, for call: UUID
    ) async throws(ProviderError) -> String {
        var form = MultipartForm()
        let name = "\(call.text).\(image.format.fileExtension)"
        form.add("image", file: image.bytes, name: name, contentType: image.format.mediaType)
        form.add("subfolder", Self.uploadFolder)
        form.add("type", "input")
        form.add("overwrite", "true")
        let answer = try await connection.post("/upload/image", form)
        guard let stored = answer["name"]?.string, !stored.isEmpty else {
            throw ProviderError(.unavailable, "ComfyUI took the input picture without saying where it is")
        }
        let folder = answer["subfolder"]?.string ?? ""
        return folder.isEmpty ? stored : "\(folder)/\(stored)"
    }

    /// Whether it can stand in a path.
    static func isID(_ text: String) -> Bool {
        !text.isEmpty
            && text.utf8.allSatisfy {
                UInt8(ascii: "a")...UInt8(ascii: "z") ~= $0 | 0x20 || 0x30...0x39 ~= $0 || $0 == 0x2D || $0 == 0x5F
            }
    }
}
