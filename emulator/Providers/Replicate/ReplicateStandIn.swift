import Cryptography
import FoundationEssentials
import HTTPTypes
import JSON

/// Replicate's HTTP API (https://replicate.com/docs/reference/http) as its official client uses it: predictions, files, models,
/// webhooks. It draws where the real one would run a model.
actor ReplicateStandIn: StandIn {
    nonisolated let name = "replicate"

    let state: StandInState
    let outbound: Outbound
    /// The secret webhooks are signed with, as `GET /v1/webhooks/default/secret` tells it.
    let webhookKey = SecureRandom.bytes(24)
    private let deliveries = AsyncStream.makeStream(of: WebhookDelivery.self)

    /// The newest last; the oldest are forgotten beyond ``capacity``, as Replicate forgets outputs after an hour.
    private var predictions: [String: ReplicatePrediction] = [:]
    private var order: [String] = []
    private var files: [String: ReplicateFile] = [:]
    private static let capacity = 20_000

    init(state: StandInState, outbound: Outbound) {
        self.state = state
        self.outbound = outbound
    }

    // MARK: Predictions

    /// Accepts a call for a model: checks it, decides its fate, and answers at once.
    ///
    /// - Throws: ``ReplicateProblem`` for what Replicate refuses, `StandInError` for unreadable knobs.
    func create(_ request: StandInRequest, model: String?) async throws -> ReplicatePrediction {
        guard let call = try? request.json(), call.object != nil else {
            throw ReplicateProblem(
                status: .badRequest, title: "Bad request", detail: "The request body is not a JSON object")
        }
        let input = call["input"] ?? .null
        let knobs = try request.knobs(over: state.knobs.current, input: input)
        if state.knobs.happens(knobs.throttleRate, seed: knobs.seed) {
            throw ReplicateProblem.throttled(knobs.retryAfter)
        }
        let wanted = try ReplicateInput(input)
        let webhook = try ReplicateWebhook(call)
        let fails = state.knobs.happens(knobs.failureRate, seed: knobs.seed &+ 1)
        var failure = fails ? knobs.failure : nil
        var image: [UInt8]?
        if let address = wanted.image {
            do {
                image = try await load(address, base: request.base)
            } catch {
                failure = "The input image could not be read: \(error)"
            }
        }
        let version = call["version"]?.string
        let prediction = ReplicatePrediction(
            id: Self.identifier(), model: model ?? version.map(Self.modelName) ?? "unknown/unknown",
            version: model == nil ? version.map(Self.versionHash) ?? "hidden" : "hidden", input: input, created: .now,
            knobs: knobs, failure: failure, pictures: wanted.pictures(image: image), webhook: webhook)
        remember(prediction)
        state.ledger.record(
            .init(
                provider: name, action: "submit", id: prediction.id, status: 201,
                reference: webhook?.url ?? wanted.prompt))
        announce(prediction, .start, at: prediction.created, base: request.base)
        announce(prediction, .completed, at: prediction.end, base: request.base)
        return prediction
    }

    func prediction(_ id: String) throws -> ReplicatePrediction {
        guard let prediction = predictions[id] else { throw ReplicateProblem.notFound }
        return prediction
    }

    /// Up to 100 predictions, newest first, from `start` on.
    func list(from start: Int) -> (page: [ReplicatePrediction], next: Int?) {
        let page = order.reversed().dropFirst(start).prefix(100).compactMap { predictions[$0] }
        return (page, start + 100 < order.count ? start + 100 : nil)
    }

    /// Cancels it unless it is over; canceling twice changes nothing.
    func cancel(_ id: String, base: String) throws -> ReplicatePrediction {
        var prediction = try prediction(id)
        let now = Date.now
        if !prediction.isOver(at: now) {
            prediction.canceled = now
            predictions[id] = prediction
            announce(prediction, .completed, at: now, base: base)
        }
        return prediction
    }

    private func remember(_ prediction: ReplicatePrediction) {
        predictions[prediction.id] = prediction
        order.append(prediction.id)
        guard order.count > Self.capacity else { return }
        for id in order.prefix(Self.capacity / 10) { predictions[id] = nil }
        order.removeFirst(Self.capacity / 10)
    }

    // MARK: Files

    func store(_ file: ReplicateFile) {
        files[file.id] = file
    }

    func file(_ id: String) throws -> ReplicateFile {
        guard let file = files[id] else { throw ReplicateProblem.notFound }
        return file
    }

    func deleteFile(_ id: String) throws {
        guard files.removeValue(forKey: id) != nil else { throw ReplicateProblem.notFound }
    }

    var allFiles: [ReplicateFile] {
        files.values.sorted { $0.created > $1.created }
    }

    /// The bytes behind an input image's address: a `data:` URL, one of our own files or outputs, or anything to fetch.
    private func load(_ address: String, base: String) async throws -> [UInt8] {
        if let comma = address.firstIndex(of: ","), address.hasPrefix("data:") {
            guard address[..<comma].hasSuffix(";base64"),
                let bytes = Base64.decode(String(address[address.index(after: comma)...]))
            else { throw StandInError("the data: URL is not Base64") }
            return bytes
        }
        let own = base + "/v1/files/"
        if address.hasPrefix(own), let file = files[String(address.dropFirst(own.count))] { return file.content }
        return try await outbound.fetch(address)
    }

    // MARK: Webhooks

    private func announce(
        _ prediction: ReplicatePrediction, _ event: ReplicateWebhook.Event, at date: Date, base: String
    ) {
        let knobs = prediction.knobs
        // `start` and `completed` are always sent to a filter that is absent; otherwise the filter decides.
        guard let webhook = prediction.webhook, webhook.events.contains(event.rawValue), knobs.deliversWebhooks else {
            return
        }
        let delivery = WebhookDelivery(
            provider: name, id: prediction.id, event: event, url: webhook.url,
            due: date.addingTimeInterval(Double(knobs.webhookDelay) / 1000), base: base)
        for _ in 0..<knobs.webhookCopies { deliveries.continuation.yield(delivery) }
    }

    nonisolated func run() async {
        await withDiscardingTaskGroup { group in
            for await delivery in deliveries.stream {
                group.addTask { await self.deliver(delivery) }
            }
            group.cancelAll()
        }
    }

    /// Sends one webhook when it is due; tries up to five times with growing pauses, as Replicate repeats terminal ones.
    private func deliver(_ delivery: WebhookDelivery) async {
        let wait = delivery.due.timeIntervalSinceNow
        guard (try? await Task.sleep(for: .seconds(max(0, wait)))) != nil else { return }
        guard let prediction = predictions[delivery.id], delivery.event != .completed || prediction.isOver(at: .now)
        else { return }
        let body = prediction.json(at: .now, base: delivery.base).serialized
        let messageID = "msg_\(Self.identifier())\(delivery.event.rawValue)"
        for attempt in 0..<5 {
            let headers = ReplicateWebhook.headers(id: messageID, at: .now, body: body, key: webhookKey)
            let status = await outbound.post(delivery.url, headers: headers, body: body)
            state.ledger.record(
                .init(provider: name, action: "webhook", id: delivery.id, status: status, reference: delivery.url))
            if (200..<300).contains(status) || delivery.event != .completed { return }
            guard (try? await Task.sleep(for: .seconds(1 << attempt))) != nil else { return }
        }
    }

    // MARK: Names

    /// 26 characters of Crockford's Base32 in lower case, as Replicate's ids look.
    private static func identifier() -> String {
        let alphabet = Array("0123456789abcdefghjkmnpqrstvwxyz")
        return String(SecureRandom.bytes(26).map { alphabet[Int($0 & 31)] })
    }

    private static func modelName(_ version: String) -> String {
        version.split(separator: ":").first.flatMap { $0.contains("/") ? String($0) : nil } ?? "stand-in/model"
    }

    private static func versionHash(_ version: String) -> String {
        version.split(separator: ":").last.flatMap { $0.contains("/") ? nil : String($0) } ?? "hidden"
    }
}

/// One webhook to send.
struct WebhookDelivery: Sendable {
    let provider: String
    let id: String
    let event: ReplicateWebhook.Event
    let url: String
    let due: Date
    let base: String
}
