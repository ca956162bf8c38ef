import Cryptography
import FoundationEssentials
import HTTPTypes
import JSON

/// fal.ai as its official client uses it: the queue (https://docs.fal.ai/model-apis/model-endpoints/queue), direct runs, uploads, and signed
/// webhooks. What are hosts of their own there are folders here: `queue`, `run`, `rest` and `cdn`.
actor FalStandIn: StandIn {
    nonisolated let name = "fal"
    nonisolated let wantsTLS = true

    let state: StandInState
    let files = FalFiles()
    let signature = FalSignature()
    private let webhooks: WebhookSender

    /// The newest last; the oldest are forgotten beyond ``capacity``, as fal forgets results.
    private var generations: [String: FalGeneration] = [:]
    private var order: [String] = []
    private static let capacity = 20_000

    init(state: StandInState) {
        self.state = state
        webhooks = WebhookSender(state)
    }

    nonisolated func settings(base: String) -> StandInSettings {
        StandInSettings(
            reserved: ["FAL_KEY", "FAL_QUEUE_URL"],
            values: [
                "FAL_KEY": "stand-in:not-a-secret", "FAL_QUEUE_URL": "\(base)/queue", "FAL_REST_URL": "\(base)/rest",
                "RESULT_ADDRESSES": "any",
            ])
    }

    nonisolated func run() async {
        await webhooks.run()
    }

    /// Takes a request for a model: decides its fate, and says nothing about its input yet, as the queue does.
    ///
    /// - Throws: ``FalProblem`` for what is refused at the door, `StandInError` for unreadable knobs.
    func create(
        _ request: StandInRequest, app: String
    ) async throws -> (generation: FalGeneration, delivery: Delivery) {
        guard let body = try? request.json(), body.object != nil else {
            throw FalProblem(status: .unprocessableContent, detail: "The request body is not a JSON object")
        }
        let demands = try FalDemands(request.headers)
        let fate = try state.fate(of: request, body)
        var failure = try FalProblem.check(fate)
        var input: FalInput?
        var pictures: [Picture] = []
        do {
            let wanted = try FalInput(body, endpoint: request.path)
            input = wanted
            pictures = wanted.pictures(image: try await load(wanted.image, base: request.base))
        } catch let problem as FalProblem {
            failure = failure ?? problem
        }
        let webhook = request.query["fal_webhook"]
        let generation = FalGeneration(
            id: UUID().uuidString.lowercased(), app: app, created: .now, knobs: fate.knobs,
            pictures: failure.map { .failure($0) } ?? .success(pictures), input: input, webhook: webhook,
            patience: demands.patience)
        remember(generation)
        state.ledger.record(
            .init(
                provider: name, action: "submit", id: generation.id, status: 200,
                reference: webhook ?? input?.prompt ?? ""))
        announce(generation, base: request.base)
        return (generation, fate.delivery)
    }

    func generation(_ id: String) throws -> FalGeneration {
        guard let generation = generations[id] else { throw FalProblem.unknownRequest }
        return generation
    }

    /// Stops a request unless it is over.
    ///
    /// - Returns: how far it was before.
    func cancel(_ id: String, base: String) throws -> FalGeneration.Status {
        var generation = try generation(id)
        let now = Date.now
        let before = generation.status(at: now)
        if before != .completed {
            generation.cancelled = now
            generations[id] = generation
            announce(generation, base: base)
        }
        return before
    }

    private func remember(_ generation: FalGeneration) {
        generations[generation.id] = generation
        order.append(generation.id)
        guard order.count > Self.capacity else { return }
        for id in order.prefix(Self.capacity / 10) { generations[id] = nil }
        order.removeFirst(Self.capacity / 10)
    }

    /// The bytes behind an input picture's address: a `data:` URL, one of our own files, or anything to fetch.
    private func load(_ address: String?, base: String) async throws -> [UInt8]? {
        guard let address else { return nil }
        if let comma = address.firstIndex(of: ","), address.hasPrefix("data:") {
            guard address[..<comma].hasSuffix(";base64"),
                let bytes = Base64.decode(String(address[address.index(after: comma)...]))
            else { throw Self.unreadable("the data: URL is not Base64") }
            return bytes
        }
        let parts = address.split(separator: "/")
        if let mark = parts.firstIndex(of: "files"), mark >= 2, parts[mark - 2...mark] == ["fal", "cdn", "files"],
            parts.count > mark + 1, let content = await files.content(String(parts[mark + 1]))
        {
            return content
        }
        do {
            return try await state.outbound.fetch(address)
        } catch {
            throw Self.unreadable("\(error)")
        }
    }

    private static func unreadable(_ reason: String) -> FalProblem {
        .model(.unprocessableContent, ["image_url"], "Failed to download the file: \(reason)", "file_download_error")
    }

    private func announce(_ generation: FalGeneration, base: String) {
        guard let url = generation.webhook else { return }
        webhooks.send(
            Webhook(
                provider: name, id: generation.id, url: url, due: generation.end, knobs: generation.knobs, attempts: 10,
                message: { [self] in await message(generation.id, base: base) }))
    }

    /// What a webhook carries; nil when the request is not over, because it was stopped and says so by another one.
    private func message(_ id: String, base: String) -> Webhook.Message? {
        guard let generation = generations[id], generation.status(at: .now) == .completed else { return nil }
        var body: JSONObject = ["request_id": .string(id), "gateway_request_id": .string(id)]
        if let problem = generation.problem {
            body["status"] = "ERROR"
            body["error"] = .string("Invalid status code: \(problem.status.code)")
            body["payload"] = problem.body
        } else {
            body["status"] = "OK"
            body["payload"] = generation.result(files: "\(base)/cdn/files")
        }
        let bytes = JSON.object(body).serialized
        guard let headers = try? signature.headers(request: id, body: bytes, at: .now) else { return nil }
        return Webhook.Message(headers: headers, body: bytes)
    }
}
