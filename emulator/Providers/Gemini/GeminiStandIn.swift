import Cryptography
import FoundationEssentials
import HTTPTypes
import JSON

/// Google's Gemini API (https://ai.google.dev/api) as its official client uses it: content, whole or streamed, tokens and models. It
/// draws and writes where the real one would run a model; models may have any name.
struct GeminiStandIn: StandIn {
    let name = "gemini"
    let state: StandInState

    func settings(base: String) -> StandInSettings {
        StandInSettings(
            reserved: ["GEMINI_API_KEY", "GEMINI_BASE_URL"],
            values: ["GEMINI_API_KEY": "AIza-stand-in", "GEMINI_BASE_URL": base])
    }

    func respond(to request: StandInRequest) async throws -> StandInResponse {
        do {
            return try await route(request)
        } catch let problem as GeminiProblem {
            if request.path.last?.contains("enerateContent") == true {
                record("refused", "", problem.status.code, problem.message)
            }
            let isStream = request.path.last?.hasSuffix(":streamGenerateContent") == true
            return problem.response(isList: isStream && request.query["alt"] != "sse")
        }
    }

    private func route(_ request: StandInRequest) async throws -> StandInResponse {
        guard request.headers[.init("x-goog-api-key")!] ?? request.query["key"] != nil else {
            throw GeminiProblem.anonymous
        }
        guard request.path.count >= 2, ["v1", "v1beta", "v1alpha"].contains(request.path[0]),
            ["models", "tunedModels"].contains(request.path[1])
        else { throw Self.notFound }
        switch (request.method, request.path.count) {
        case (.get, 2): return .json(["models": .array(Self.models.map(Self.model))])
        case (.get, 3): return .json(Self.model(request.path[2]))
        case (.post, 3): return try await call(request)
        default: throw Self.notFound
        }
    }

    private static let notFound = GeminiProblem(
        status: .notFound, name: "NOT_FOUND", message: "Requested entity was not found.")

    private func call(_ request: StandInRequest) async throws -> StandInResponse {
        let parts = request.path[2].split(separator: ":" as Character, maxSplits: 1).map { String($0) }
        guard parts.count == 2 else { throw Self.notFound }
        guard let body = try? request.json(), body.object != nil else {
            throw GeminiProblem.invalid("Invalid JSON payload received.")
        }
        let (model, action) = (parts[0], parts[1])
        if action == "countTokens" {
            let tokens = try GeminiCall(
                body.either("generateContentRequest", "generate_content_request") ?? body, model: model
            ).tokens
            return .json(["totalTokens": .integer(tokens)])
        }
        guard ["generateContent", "streamGenerateContent"].contains(action) else { throw Self.notFound }
        let settings = body["stand_in"] == nil ? body.either("generationConfig", "generation_config") : body
        let fate = try state.fate(of: request, settings)
        let call = try GeminiCall(body, model: model)
        let ending = try GeminiProblem.check(fate, model: model)
        let id = Hex.encode(SecureRandom.bytes(11))
        record("submit", id, 200, call.prompt)
        let latency = Duration.milliseconds(fate.knobs.latency)
        guard action == "streamGenerateContent" else {
            try await Task.sleep(for: latency)
            return StandInResponse.json(call.answer(id: id, ending)).delivered(fate.delivery)
        }
        let chunks = call.chunks(id: id, ending)
        guard request.query["alt"] == "sse" else {
            try await Task.sleep(for: latency)
            return StandInResponse.json(.array(chunks)).delivered(fate.delivery)
        }
        return StandInResponse.events { writer in
            for chunk in chunks {
                try await Task.sleep(for: latency / chunks.count)
                try await writer.event(chunk)
            }
        }.delivered(fate.delivery)
    }

    private func record(_ action: String, _ id: String, _ status: Int, _ reference: String) {
        state.ledger.record(.init(provider: name, action: action, id: id, status: status, reference: reference))
    }

    // MARK: Models

    private static let models = ["gemini-3.1-flash-lite-image", "gemini-3.1-flash-lite"]

    private static func model(_ id: String) -> JSON {
        [
            "name": .string("models/\(id)"), "baseModelId": .string(id), "version": "001", "displayName": .string(id),
            "description": "A stand-in that draws hills and writes titles", "inputTokenLimit": 65_536,
            "outputTokenLimit": 32_768,
            "supportedGenerationMethods": ["generateContent", "streamGenerateContent", "countTokens"],
        ]
    }
}
