import Cryptography
import FoundationEssentials
import HTTPTypes
import JSON

/// Hugging Face's inference as its official client uses it: pictures as the answer's own bytes, at `hf-inference/models/<id>` (or, as
/// it was, `models/<id>`), and what the client asks the hub about a model. Models may have any name.
actor HuggingFaceStandIn: StandIn {
    nonisolated let name = "huggingface"

    private let state: StandInState
    /// When each model that was called is loaded.
    private var loaded: [String: Date] = [:]

    init(state: StandInState) {
        self.state = state
    }

    nonisolated func settings(base: String) -> StandInSettings {
        StandInSettings(
            reserved: ["HF_TOKEN", "HF_INFERENCE_URL"],
            values: ["HF_TOKEN": "hf_stand_in", "HF_INFERENCE_URL": "\(base)/hf-inference"])
    }

    nonisolated func respond(to request: StandInRequest) async throws -> StandInResponse {
        do {
            return try await route(request)
        } catch let problem as HuggingFaceProblem {
            return problem.response
        }
    }

    private nonisolated func route(_ request: StandInRequest) async throws -> StandInResponse {
        var path = request.path
        if path.first == "hf-inference" { path.removeFirst() }
        if request.method == .post, path.first == "models", path.count >= 2 {
            let model = path.dropFirst().joined(separator: "/")
            do {
                return try await draw(request, model)
            } catch let problem as HuggingFaceProblem {
                record("refused", "", problem.status.code, problem.message)
                throw problem
            }
        }
        switch (request.method, path.first, path.dropFirst().first) {
        case (.get, "api", "models") where path.count >= 3:
            return .json(Self.model(path.dropFirst(2).joined(separator: "/")))
        case (.get, "api", "tasks"):
            let models = ["text-to-image": "stand-in/painter", "image-to-image": "stand-in/painter-edit"]
            return .json(
                .object(JSONObject(models.map { ($0, ["widgetModels": [.string($1)]]) })))
        // The client asks once a day which programs it may be run by.
        case (.get, "api", "agent-harnesses"): return .json([:])
        default: throw HuggingFaceProblem.notFound
        }
    }

    private nonisolated func draw(_ request: StandInRequest, _ model: String) async throws -> StandInResponse {
        guard let authorization = request.headers[.authorization], authorization.hasPrefix("Bearer "),
            authorization.count > 8
        else { throw HuggingFaceProblem.unauthenticated }
        let call = try HuggingFaceCall(request)
        let fate = try state.fate(of: request, call.parameters)
        if let seconds = await loading(model, fate.knobs.loading) {
            throw HuggingFaceProblem.loading(model, seconds: seconds)
        }
        let problem = try HuggingFaceProblem.check(fate)
        record("submit", Hex.encode(SecureRandom.bytes(8)), 200, call.prompt)
        try await Task.sleep(for: .milliseconds(fate.knobs.latency))
        let response = problem?.response ?? .bytes(call.picture.png(), type: "image/png")
        return response.delivered(fate.delivery)
    }

    /// The seconds until a model is loaded; its first call begins that. Nil when it is.
    private func loading(_ model: String, _ time: Double) -> Double? {
        guard time > 0 else { return nil }
        let now = Date.now
        guard let ready = loaded[model] else {
            loaded[model] = now.addingTimeInterval(time)
            return time
        }
        return ready > now ? ready.timeIntervalSince(now) : nil
    }

    /// What the hub says about a model. By its name it is told which task it is for.
    private static nonisolated func model(_ id: String) -> JSON {
        let edits = ["edit", "kontext", "pix2pix", "image-to-image"].contains { id.lowercased().contains($0) }
        let task: JSON = edits ? "image-to-image" : "text-to-image"
        return [
            "_id": "000000000000000000000000", "id": .string(id), "modelId": .string(id), "private": false,
            "pipeline_tag": task, "tags": [task], "downloads": 0, "likes": 0, "inference": "warm",
            "inferenceProviderMapping": [
                "hf-inference": ["status": "live", "providerId": .string(id), "task": task]
            ],
        ]
    }

    private nonisolated func record(_ action: String, _ id: String, _ status: Int, _ reference: String) {
        state.ledger.record(.init(provider: name, action: action, id: id, status: status, reference: reference))
    }
}
