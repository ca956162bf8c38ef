import Cryptography
import FoundationEssentials
import HTTPTypes
import JSON

/// AUTOMATIC1111's API (https://github.com/AUTOMATIC1111/stable-diffusion-webui/wiki/API): a call is answered when its picture is
/// drawn, one after the other, and anybody may ask how far the one at hand is, or stop it.
actor Automatic1111StandIn: StandIn {
    nonisolated let name = "automatic1111"
    nonisolated let state: StandInState

    /// What is drawn at the moment.
    private struct Work {
        let task: String
        let call: Automatic1111Call
        let began: Date
        let knobs: Knobs
        var isInterrupted = false
    }

    private var work: Work?
    private var waiting: [CheckedContinuation<Void, Never>] = []
    private var isBusy = false
    private var options: JSONObject = [
        "sd_model_checkpoint": .string(models[0]), "samples_format": "png", "return_grid": true,
        "CLIP_stop_at_last_layers": 1,
    ]

    private static let models = [
        "v1-5-pruned-emaonly.safetensors [6ce0161689]", "sd_xl_base_1.0.safetensors [31e35c80fc]",
    ]

    init(state: StandInState) {
        self.state = state
    }

    nonisolated func settings(base: String) -> StandInSettings {
        StandInSettings(reserved: ["AUTOMATIC1111_URL"], values: ["AUTOMATIC1111_URL": base])
    }

    nonisolated func respond(to request: StandInRequest) async throws -> StandInResponse {
        do {
            return try await route(request)
        } catch let problem as Automatic1111Problem {
            if ["txt2img", "img2img"].contains(request.path.last) {
                record("refused", "", problem.status.code, problem.message)
            }
            return problem.response
        }
    }

    private nonisolated func route(_ request: StandInRequest) async throws -> StandInResponse {
        guard request.path.count == 3, request.path[0] == "sdapi", request.path[1] == "v1" else {
            throw Automatic1111Problem.notFound
        }
        switch (request.method, request.path[2]) {
        case (.post, "txt2img"), (.post, "img2img"): return try await draw(request)
        case (.get, "progress"):
            return .json(await progress(withImage: request.query["skip_current_image"]?.lowercased() != "true"))
        case (.post, "interrupt"), (.post, "skip"):
            record("cancel", await interrupt() ?? "", 200, "")
            return .json([:])
        case (.get, "options"): return .json(.object(await options))
        case (.post, "options"):
            await set(try request.json())
            return .json(.null)
        case (.get, "sd-models"): return .json(.array(Self.models.map(Self.model)))
        case (.get, "samplers"):
            return .json(
                .array(Automatic1111Call.samplers.map { ["name": .string($0), "aliases": [], "options": [:]] }))
        case (.get, "schedulers"):
            return .json([["name": "automatic", "label": "Automatic"], ["name": "karras", "label": "Karras"]])
        case (.get, "loras"), (.get, "upscalers"), (.get, "sd-vae"): return .json([])
        case (.post, "refresh-checkpoints"): return .json(.null)
        default: throw Automatic1111Problem.notFound
        }
    }

    private nonisolated func draw(_ request: StandInRequest) async throws -> StandInResponse {
        guard let body = try? request.json() else {
            throw Automatic1111Problem.field("body", "value is not a valid dict")
        }
        let call = try Automatic1111Call(body, isImageToImage: request.path[2] == "img2img")
        let fate = try state.fate(of: request, body)
        try Automatic1111Problem.check(fate)
        let task = call.task ?? "task(\(Hex.encode(SecureRandom.bytes(8))))"
        record("submit", task, 200, call.prompt)
        await takeTurn()
        await begin(Work(task: task, call: call, began: .now, knobs: fate.knobs))
        let steps = max(fate.knobs.steps, 1)
        for _ in 0..<steps {
            guard await !isInterrupted,
                (try? await Task.sleep(for: .milliseconds(fate.knobs.latency) / steps)) != nil
            else { break }
        }
        await end()
        return StandInResponse.json(call.answer()).delivered(fate.delivery)
    }

    // MARK: One after the other

    private func takeTurn() async {
        guard isBusy else { return isBusy = true }
        await withCheckedContinuation { waiting.append($0) }
    }

    private func begin(_ work: Work) { self.work = work }

    private func end() {
        work = nil
        if waiting.isEmpty { isBusy = false } else { waiting.removeFirst().resume() }
    }

    private var isInterrupted: Bool { work?.isInterrupted ?? false }

    /// Stops whatever is drawn; it ends with the picture as far as it is.
    private func interrupt() -> String? {
        work?.isInterrupted = true
        return work?.task
    }

    private func set(_ changes: JSON) {
        for change in changes.object ?? [:] { options[change.name] = change.value }
    }

    private func progress(withImage: Bool) -> JSON {
        let steps = work?.knobs.steps ?? 0
        let latency = max(Double(work?.knobs.latency ?? 1), 1)
        let elapsed = (work?.began.timeIntervalSinceNow ?? 0) * -1000
        let step = work == nil ? 0 : min(Int(elapsed / latency * Double(steps)), steps)
        let share = steps == 0 ? 0 : Double(step) / Double(steps)
        var image = JSON.null
        if withImage, step > 0, var picture = work?.call.pictures[0] {
            (picture.width, picture.height) = (64, 64)
            image = .string(Base64.encode(picture.png()))
        }
        return [
            "progress": .number(share), "eta_relative": .number(max(0, (latency - elapsed) / 1000)),
            "state": [
                "skipped": false, "interrupted": .bool(isInterrupted), "job": .string(work.map(\.task) ?? ""),
                "job_count": .integer(work == nil ? 0 : 1), "job_timestamp": "0", "job_no": 0,
                "sampling_step": .integer(Int64(step)), "sampling_steps": .integer(Int64(steps)),
            ],
            "current_image": image, "textinfo": .null, "current_task": work.map { .string($0.task) } ?? .null,
        ]
    }

    private static func model(_ title: String) -> JSON {
        let file = title.split(separator: " " as Character).first.map { String($0) } ?? title
        let name = file.split(separator: "." as Character).dropLast().joined(separator: ".")
        return [
            "title": .string(title), "model_name": .string(name), "hash": "6ce0161689", "sha256": .null,
            "filename": .string("/models/Stable-diffusion/\(file)"), "config": .null,
        ]
    }

    private nonisolated func record(_ action: String, _ id: String, _ status: Int, _ reference: String) {
        state.ledger.record(.init(provider: name, action: action, id: id, status: status, reference: reference))
    }
}
