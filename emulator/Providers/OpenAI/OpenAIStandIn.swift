import Cryptography
import FoundationEssentials
import HTTPTypes
import JSON

/// OpenAI's API (https://platform.openai.com/docs/api-reference) as its official client uses it: pictures, whole or streamed, and
/// chat completions. It draws and writes where the real one would run a model; models may have any name.
struct OpenAIStandIn: StandIn {
    let name = "openai"
    let state: StandInState

    func settings(base: String) -> StandInSettings {
        StandInSettings(
            reserved: ["OPENAI_API_KEY", "OPENAI_BASE_URL"],
            values: ["OPENAI_API_KEY": "sk-stand-in", "OPENAI_BASE_URL": "\(base)/v1"])
    }

    func respond(to request: StandInRequest) async throws -> StandInResponse {
        let id = "req_" + Hex.encode(SecureRandom.bytes(16))
        var response: StandInResponse
        do {
            response = try await route(request, id)
        } catch let problem as OpenAIProblem {
            if request.method == .post { record("refused", id, problem.status.code, problem.message) }
            response = problem.response
        }
        response.headers[.init("x-request-id")!] = id
        response.headers[.init("openai-version")!] = "2020-10-01"
        response.headers[.init("openai-processing-ms")!] = String(request.knobs.latency)
        return response
    }

    private func route(_ request: StandInRequest, _ id: String) async throws -> StandInResponse {
        guard request.headers[.authorization]?.hasPrefix("Bearer ") == true else {
            throw OpenAIProblem(
                status: .unauthorized,
                message: "You didn't provide an API key. You need to provide your API key in an Authorization header.")
        }
        let path = request.path.joined(separator: "/")
        switch (request.method, path) {
        case (.post, "v1/images/generations"): return try await draw(request, id, isEdit: false)
        case (.post, "v1/images/edits"): return try await draw(request, id, isEdit: true)
        case (.post, "v1/chat/completions"): return try await write(request, id)
        case (.get, "v1/models"):
            return .json(["object": "list", "data": .array(Self.models.map(Self.model))])
        case (.get, _) where path.hasPrefix("v1/models/"):
            return .json(Self.model(request.path.dropFirst(2).joined(separator: "/")))
        default:
            throw OpenAIProblem(status: .notFound, message: "Invalid URL (\(request.method) /\(path))")
        }
    }

    // MARK: Pictures

    private func draw(_ request: StandInRequest, _ id: String, isEdit: Bool) async throws -> StandInResponse {
        let parameters = try OpenAIParameters(request)
        let fate = try state.fate(of: request, parameters.values)
        let call = try OpenAIImageCall(parameters, isEdit: isEdit)
        let failure = try OpenAIProblem.check(fate)
        record("submit", id, 200, call.prompt)
        let latency = Duration.milliseconds(fate.knobs.latency)
        let created = Int64(Date().timeIntervalSince1970)
        guard call.streams, !fate.delivery.isLost else {
            try await Task.sleep(for: latency)
            let answer = failure.map(\.response) ?? .json(call.answer(created: created))
            return answer.delivered(fate.delivery)
        }
        let step = latency / (call.partialImages + 1)
        return StandInResponse.events { writer in
            for index in 0..<call.partialImages {
                try await Task.sleep(for: step)
                try await writer.event(
                    call.partial(index, created: created), name: call.eventType("partial_image"))
            }
            try await Task.sleep(for: step)
            if let failure {
                try await writer.event(["type": "error", "error": failure.json], name: "error")
                return
            }
            for picture in call.pictures {
                try await writer.event(call.completed(picture, created: created), name: call.eventType("completed"))
            }
        }.delivered(fate.delivery)
    }

    // MARK: Texts

    private func write(_ request: StandInRequest, _ id: String) async throws -> StandInResponse {
        let parameters = try OpenAIParameters(request)
        let fate = try state.fate(of: request, parameters.values)
        // A model that writes says no in words.
        let refuses = fate.outcome == .blocked
        let chat = try OpenAIChat(parameters, refuses: refuses)
        let failure = refuses ? nil : try OpenAIProblem.check(fate)
        record("text", id, 200, chat.prompt)
        let created = Int64(Date().timeIntervalSince1970)
        let name = "chatcmpl-" + Hex.encode(SecureRandom.bytes(12))
        try await Task.sleep(for: .milliseconds(fate.knobs.latency))
        if let failure { return failure.response.delivered(fate.delivery) }
        guard chat.streams else {
            return StandInResponse.json(chat.answer(id: name, created: created)).delivered(fate.delivery)
        }
        return StandInResponse.events { writer in
            for chunk in chat.chunks(id: name, created: created) { try await writer.event(chunk) }
            try await writer.event(text: "[DONE]")
        }.delivered(fate.delivery)
    }

    private func record(_ action: String, _ id: String, _ status: Int, _ reference: String) {
        state.ledger.record(.init(provider: name, action: action, id: id, status: status, reference: reference))
    }

    // MARK: Models

    private static let models = ["gpt-image-2", "gpt-image-1-mini", "gpt-5.4-mini"]

    private static func model(_ id: String) -> JSON {
        ["id": .string(id), "object": "model", "created": 1_767_225_600, "owned_by": "stand-in"]
    }
}
