import FoundationEssentials
import HTTPTypes
import JSON

/// ComfyUI's server (https://docs.comfy.org/development/comfyui-server/comms_routes): one queue, one prompt at a time, events over
/// WebSockets, a history in memory.
actor ComfyUIStandIn: StandIn {
    nonisolated let name = "comfyui"
    nonisolated let state: StandInState

    var files = ComfyUIFiles()
    private(set) var pending: [ComfyUIPrompt] = []
    private(set) var running: ComfyUIPrompt?
    /// The node that runs: whoever connects again is told.
    var runningNode: String?
    private var isInterrupted = false
    private(set) var history: [(id: String, result: ComfyUIResult)] = []
    private var numbers = 0
    private var clients: [String: Client] = [:]
    private let arrivals = AsyncStream.makeStream(of: Void.self)

    /// Entries the history keeps, as ComfyUI itself does.
    private static let historyLimit = 10_000

    /// A connected WebSocket.
    private struct Client {
        let socket: UUID
        let outbox: AsyncStream<StandInSocket.Message>.Continuation
        var takesMetadata = false
    }

    init(state: StandInState) {
        self.state = state
    }

    nonisolated func settings(base: String) -> StandInSettings {
        StandInSettings(reserved: ["COMFYUI_URL"], values: ["COMFYUI_URL": base])
    }

    // MARK: Queue

    /// Checks a prompt and queues it.
    ///
    /// - Returns: the answer to `POST /prompt`, and how it travels.
    /// - Throws: ``ComfyUIProblem``.
    func queue(_ request: StandInRequest) throws -> (json: JSON, delivery: Delivery) {
        guard let body = try? request.json(), let json = body["prompt"] else {
            throw ComfyUIProblem(type: "no_prompt", message: "No prompt provided", details: "No prompt provided")
        }
        var extra = body["extra_data"]?.object ?? [:]
        let fate = try state.fate(of: request, .object(extra))
        let failure = try ComfyUIProblem.check(fate)
        let graph = try ComfyUIGraph(json, pictures: Set(files.inputs.keys)).checked()
        let client = body["client_id"]?.string
        extra["client_id"] = client.map { .string($0) }
        let number = body["number"]?.double ?? Double(body["front"]?.bool == true ? -numbers : numbers)
        numbers += 1
        let prompt = ComfyUIPrompt(
            number: number, id: body["prompt_id"]?.string ?? UUID().uuidString.lowercased(), client: client, json: json,
            extra: .object(extra), graph: graph, knobs: fate.knobs, failure: failure)
        pending.insert(prompt, at: pending.firstIndex { $0.number > number } ?? pending.endIndex)
        state.ledger.record(
            .init(provider: name, action: "submit", id: prompt.id, status: 200, reference: Self.text(of: graph)))
        tellQueue()
        arrivals.continuation.yield()
        let shown = Int64(exactly: number).map { JSON.integer($0) } ?? .number(number)
        return (
            ["prompt_id": .string(prompt.id), "number": shown, "node_errors": .object(graph.nodeErrors)], fate.delivery
        )
    }

    var remaining: Int { pending.count + (running == nil ? 0 : 1) }

    /// Takes prompts out of the queue; nobody is told of each, and no history remains.
    func delete(_ isWanted: (String) -> Bool) {
        let kept = pending.filter { !isWanted($0.id) }
        guard kept.count < pending.count else { return }
        pending = kept
        tellQueue()
    }

    /// Stops what runs, or nothing when something else runs.
    func interrupt(_ id: String?) {
        if let running, id == nil || running.id == id { isInterrupted = true }
    }

    /// Whether the running prompt is to stop.
    func takeInterruption() -> Bool {
        defer { isInterrupted = false }
        return isInterrupted
    }

    func entries(_ id: String) -> [ComfyUIResult] { history.filter { $0.id == id }.map(\.result) }

    func forget(_ isWanted: (String) -> Bool) { history.removeAll { isWanted($0.id) } }

    /// One prompt after the other, as they come.
    nonisolated func run() async {
        for await _ in arrivals.stream {
            while let prompt = await begin() { await finish(await execute(prompt)) }
        }
    }

    private func begin() -> ComfyUIPrompt? {
        guard !pending.isEmpty, !Task.isCancelled else { return nil }
        let prompt = pending.removeFirst()
        running = prompt
        isInterrupted = false
        return prompt
    }

    /// The history has an entry only now, after the event that told the end.
    private func finish(_ result: ComfyUIResult) {
        (running, runningNode) = (nil, nil)
        // The same id twice is taken twice, and the second one's entry replaces the first one's.
        history.removeAll { $0.id == result.prompt.id }
        history.append((result.prompt.id, result))
        if history.count > Self.historyLimit { history.removeFirst(Self.historyLimit / 10) }
        tell(result.prompt.client, "executing", ["node": nil, "prompt_id": .string(result.prompt.id)])
        tellQueue()
    }

    // MARK: Events

    nonisolated func socket(for request: StandInRequest) -> StandInSocket.Handler? {
        guard ComfyUIRoutes.path(of: request) == ["ws"] else { return nil }
        let id = request.query["clientId"] ?? UUID().uuidString.lowercased()
        return { socket in try await self.converse(with: socket, as: id) }
    }

    private nonisolated func converse(with socket: StandInSocket, as id: String) async throws {
        let connection = UUID()
        let outbox = await connect(id, connection)
        try await withThrowingTaskGroup { group in
            group.addTask { for await message in outbox { try await socket.send(message) } }
            group.addTask { for await message in socket.messages { await self.hear(message, from: id) } }
            defer { group.cancelAll() }
            try await group.next()
        }
        await disconnect(id, connection)
    }

    /// A second socket with the same id takes the first one's place.
    private func connect(_ id: String, _ socket: UUID) -> AsyncStream<StandInSocket.Message> {
        let (stream, outbox) = AsyncStream.makeStream(of: StandInSocket.Message.self)
        clients[id] = Client(socket: socket, outbox: outbox)
        tell(id, "status", ["status": queueStatus, "sid": .string(id)])
        if let running, running.client == id, let runningNode {
            tell(id, "executing", ["node": .string(runningNode)])
        }
        return stream
    }

    private func disconnect(_ id: String, _ socket: UUID) {
        if clients[id]?.socket == socket { clients[id] = nil }
    }

    private func hear(_ message: StandInSocket.Message, from id: String) {
        guard case .text(let text) = message, let json = try? JSON(parsing: text.utf8),
            json["type"]?.string == "feature_flags"
        else { return }
        clients[id]?.takesMetadata = json["data"]?["supports_preview_metadata"]?.bool == true
        tell(id, "feature_flags", ComfyUIRoutes.features.object!)
    }

    private var queueStatus: JSON { ["exec_info": ["queue_remaining": .integer(Int64(remaining))]] }

    private func tellQueue() {
        for id in clients.keys { tell(id, "status", ["status": queueStatus]) }
    }

    /// Sends an event to one client, and to nobody when it is not connected.
    func tell(_ client: String?, _ type: String, _ data: JSONObject) {
        guard let client, let outbox = clients[client]?.outbox else { return }
        let message: JSON = ["type": .string(type), "data": .object(data)]
        outbox.yield(.text(String(decoding: message.serialized, as: UTF8.self)))
    }

    /// Shows a client the picture as far as it is.
    func show(_ png: [UInt8], of prompt: ComfyUIPrompt, node: String) {
        guard let client = prompt.client.flatMap({ clients[$0] }) else { return }
        client.outbox.yield(
            .binary(
                client.takesMetadata
                    ? ComfyUIPreview.withMetadata(png, prompt: prompt.id, node: node) : ComfyUIPreview.plain(png)))
    }

    /// The text that its first text node encodes.
    private static func text(of graph: ComfyUIGraph) -> String {
        var evaluation = ComfyUIEvaluation(graph, uploads: [:])
        for id in graph.outputs.flatMap(graph.needed) { _ = evaluation.run(id) }
        return evaluation.prompt
    }
}
