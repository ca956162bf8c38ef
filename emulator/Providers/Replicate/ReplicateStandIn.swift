import Cryptography
import FoundationEssentials
import HTTPTypes
import JSON

/// Replicate's HTTP API (https://replicate.com/docs/reference/http) as its official client uses it: predictions, files, models,
/// webhooks. It draws where the real one would run a model.
actor ReplicateStandIn: StandIn {
    nonisolated let name = "replicate"

    let state: StandInState
    private let webhooks: WebhookSender
    /// The secret webhooks are signed with, as `GET /v1/webhooks/default/secret` tells it.
    let webhookKey = SecureRandom.bytes(24)

    /// The newest last; the oldest are forgotten beyond ``capacity``, as Replicate forgets outputs after an hour.
    private var predictions: [String: ReplicatePrediction] = [:]
    private var order: [String] = []
    private var files: [String: ReplicateFile] = [:]
    private static let capacity = 20_000

    init(state: StandInState) {
        self.state = state
        webhooks = WebhookSender(state)
    }

    nonisolated func settings(base: String) -> StandInSettings {
        StandInSettings(
            reserved: ["REPLICATE_API_TOKEN"],
            values: [
                "REPLICATE_API_TOKEN": "r8_stand_in", "REPLICATE_BASE_URL": base, "RESULT_ADDRESSES": "any",
            ])
    }

    // MARK: Predictions

    /// Accepts a call for a model: checks it, decides its fate, and answers at once.
    ///
    /// - Throws: ``ReplicateProblem`` for what Replicate refuses, `StandInError` for unreadable knobs.
    func create(
        _ request: StandInRequest, model: String?
    ) async throws -> (prediction: ReplicatePrediction, delivery: Delivery) {
        guard let call = try? request.json(), call.object != nil else {
            throw ReplicateProblem(
                status: .badRequest, title: "Bad request", detail: "The request body is not a JSON object")
        }
        let version = try model.map(ReplicateVersion.init(model:)) ?? ReplicateVersion(call["version"])
        let lifetime = try ReplicateLifetime(request.headers[.cancelAfter])
        let input = call["input"] ?? .null
        let fate = try state.fate(of: request, input)
        let wanted = try ReplicateInput(input)
        let webhook = try ReplicateWebhook(call)
        var failure = try ReplicateProblem.check(fate)
        var image: [UInt8]?
        if let address = wanted.image {
            do {
                image = try await load(address, base: request.base)
            } catch {
                failure = "The input image could not be read: \(error)"
            }
        }
        let created = Date.now
        let prediction = ReplicatePrediction(
            id: Self.identifier(), version: version, input: input, created: created, knobs: fate.knobs,
            failure: failure, pictures: wanted.pictures(image: image), webhook: webhook,
            format: wanted.format, quality: wanted.quality,
            deadline: lifetime.map { created.addingTimeInterval($0.seconds) })
        remember(prediction)
        state.ledger.record(
            .init(
                provider: name, action: "submit", id: prediction.id, status: 201,
                reference: webhook?.url ?? wanted.prompt))
        announce(prediction, .start, at: prediction.created, base: request.base)
        for (event, moments) in [(.logs, prediction.logMoments), (.output, prediction.outputMoments)]
            as [(ReplicateWebhook.Event, [Date])]
        {
            for moment in ReplicateWebhook.paced(moments) {
                announce(prediction, event, at: moment, base: request.base)
            }
        }
        announce(prediction, .completed, at: prediction.end, base: request.base)
        return (prediction, fate.delivery)
    }

    func prediction(_ id: String) throws -> ReplicatePrediction {
        guard let prediction = predictions[id] else { throw ReplicateProblem.notFound }
        return prediction
    }

    /// Up to 100 predictions, newest first, from `start` on.
    func list(from start: Int) -> (page: [ReplicatePrediction], next: Int?) {
        let page = order.reversed().dropFirst(start).prefix(100).compactMap { predictions[$0] }
        return (page, order.count - 100 > start ? start + 100 : nil)
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
        return try await state.outbound.fetch(address)
    }

    // MARK: Webhooks

    private func announce(
        _ prediction: ReplicatePrediction, _ event: ReplicateWebhook.Event, at date: Date, base: String
    ) {
        guard let webhook = prediction.webhook, webhook.events.contains(event.rawValue) else { return }
        let (id, messageID) = (prediction.id, "msg_\(Self.identifier())\(event.rawValue)")
        webhooks.send(
            Webhook(
                provider: name, id: id, url: webhook.url, due: date, knobs: prediction.knobs,
                // As Replicate repeats those that end a prediction, and no others.
                attempts: event == .completed ? 5 : 1,
                message: { [self] in
                    // Once it is stopped, what was to come does not come, and its end is another.
                    guard let prediction = await find(id),
                        event == .completed ? prediction.end == date : prediction.end >= date
                    else { return nil }
                    let body = prediction.json(at: max(.now, date), base: base).serialized
                    let headers = ReplicateWebhook.headers(id: messageID, at: .now, body: body, key: webhookKey)
                    return Webhook.Message(headers: headers, body: body)
                }))
    }

    private func find(_ id: String) -> ReplicatePrediction? {
        predictions[id]
    }

    nonisolated func run() async {
        await webhooks.run()
    }

    // MARK: Names

    /// 26 characters of Crockford's Base32 in lower case, as Replicate's ids look.
    private static func identifier() -> String {
        let alphabet = Array("0123456789abcdefghjkmnpqrstvwxyz")
        return String(SecureRandom.bytes(26).map { alphabet[Int($0 & 31)] })
    }
}
