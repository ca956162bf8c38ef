import Cryptography
import FoundationEssentials
import HTTPTypes
import JSON

/// The native API of stable-diffusion.cpp's server
/// (https://github.com/leejet/stable-diffusion.cpp/blob/master/examples/server/api.md): jobs, drawn one after the other.
actor StableDiffusionCppStandIn: StandIn {
    nonisolated let name = "sdcpp"
    nonisolated let state: StandInState

    private var jobs: [String: StableDiffusionCppJob] = [:]
    /// The oldest first.
    private var order: [String] = []
    private static let capacity = 4096
    /// Jobs that may wait; one more is refused.
    private static let longestQueue = 1024

    init(state: StandInState) {
        self.state = state
    }

    nonisolated func settings(base: String) -> StandInSettings {
        StandInSettings(reserved: ["SDCPP_URL"], values: ["SDCPP_URL": base])
    }

    nonisolated func respond(to request: StandInRequest) async throws -> StandInResponse {
        let path = request.path
        guard path.count >= 3, path[0] == "sdcpp", path[1] == "v1" else { return Self.refusal(.notFound, "not found") }
        switch (request.method, path[2], path.count) {
        case (.post, "img_gen", 3): return try await submit(request)
        case (.get, "jobs", 4): return await look(path[3])
        case (.post, "jobs", 5) where path[4] == "cancel": return await cancel(path[3])
        case (.get, "capabilities", 3): return .json(Self.capabilities)
        default: return Self.refusal(.notFound, "not found")
        }
    }

    private func submit(_ request: StandInRequest) throws -> StandInResponse {
        let now = Date.now
        guard let body = try? request.json(), body.object != nil else { return refuse(.badRequest, "invalid json") }
        guard let pictures = Self.pictures(body) else { return refuse(.badRequest, Self.invalid) }
        let fate = try state.fate(of: request, body)
        var failure: String?
        switch fate.outcome {
        case .draws: break
        case .throttled(let seconds):
            var response = refuse(.tooManyRequests, "job queue is full")
            response.headers[.retryAfter] = String(seconds)
            return response
        case .blocked, .fails(.invalid, _): return refuse(.badRequest, Self.invalid)
        case .fails(.failed, let reason): failure = reason
        case .fails(.interrupted, _): failure = "out of memory"
        case .fails(.unauthorized, let reason), .fails(.unpaid, let reason): return refuse(.unauthorized, reason)
        case .fails(.error, let reason): return refuse(.internalServerError, reason)
        case .fails(.unavailable, let reason): return refuse(.serviceUnavailable, reason)
        }
        guard order.filter({ jobs[$0]?.status(at: now) == "queued" }).count < Self.longestQueue else {
            return refuse(.tooManyRequests, "job queue is full")
        }
        let job = StableDiffusionCppJob(
            id: "job_" + Hex.encode(SecureRandom.bytes(8)), prompt: body["prompt"]?.string ?? "", created: now,
            starts: order.compactMap { jobs[$0] }.map(\.ends).max().map { max($0, now) } ?? now, knobs: fate.knobs,
            failure: failure, pictures: pictures)
        jobs[job.id] = job
        order.append(job.id)
        if order.count > Self.capacity { jobs[order.removeFirst()] = nil }
        record("submit", job.id, 202, job.prompt)
        let answer: JSON = [
            "id": .string(job.id), "kind": "img_gen", "status": "queued",
            "created": .integer(Int64(now.timeIntervalSince1970)), "poll_url": .string("/sdcpp/v1/jobs/\(job.id)"),
        ]
        return StandInResponse.json(answer, status: .accepted).delivered(fate.delivery)
    }

    private func look(_ id: String) -> StandInResponse {
        guard let job = jobs[id] else { return Self.refusal(.notFound, "job not found") }
        record("get", id, 200, "")
        let now = Date.now
        let before = order.prefix { $0 != id }.filter { jobs[$0]?.status(at: now) == "queued" }.count
        return .json(job.json(at: now, position: job.status(at: now) == "queued" ? before + 1 : 0))
    }

    /// Only a job that waits can be stopped.
    private func cancel(_ id: String) -> StandInResponse {
        guard var job = jobs[id] else { return Self.refusal(.notFound, "job not found") }
        let now = Date.now
        guard job.status(at: now) == "queued" else {
            record("cancel", id, 409, "")
            return Self.refusal(.conflict, "job cannot be cancelled")
        }
        job.canceled = now
        jobs[id] = job
        record("cancel", id, 200, "")
        return .json(job.json(at: now, position: 0))
    }

    /// What is to be drawn; nil when a number of it is not within the limits that are told.
    private static func pictures(_ body: JSON) -> [Picture]? {
        func number(_ name: String, _ standard: Int, _ range: ClosedRange<Int> = .min ... .max) -> Int? {
            guard let value = body[name], value != .null else { return standard }
            return value.int.flatMap { range.contains($0) ? $0 : nil }
        }
        guard let seed = number("seed", -1), let count = number("batch_count", 1, 1...mostPictures),
            let width = number("width", 512, sides), let height = number("height", 512, sides)
        else { return nil }
        let first = seed == -1 ? Int(SecureRandom.bytes(4).reduce(0) { $0 << 8 | UInt32($1) }) : seed
        let image = body["init_image"]?.string.flatMap {
            Base64.decode(String($0.split(separator: "," as Character).last ?? ""))
        }
        return (0..<count).map {
            Picture(
                prompt: body["prompt"]?.string ?? "", seed: first &+ $0, width: width, height: height, input: image)
        }
    }

    private static let invalid = "invalid generation parameters"
    private static let mostPictures = 8
    /// Pixels.
    private static let sides = 64...2048

    private static let capabilities: JSON = [
        "model": ["name": "stand-in.safetensors", "stem": "stand-in", "path": "/models/stand-in.safetensors"],
        "current_mode": "img_gen", "supported_modes": ["img_gen"], "samplers": ["euler", "euler_a", "dpm++2m"],
        "schedulers": ["discrete", "karras"], "output_formats": ["png"], "loras": [], "upscalers": [],
        "features": ["init_image": true, "cancel_queued": true, "cancel_generating": false],
        "limits": [
            "min_width": .integer(Int64(sides.lowerBound)), "max_width": .integer(Int64(sides.upperBound)),
            "min_height": .integer(Int64(sides.lowerBound)), "max_height": .integer(Int64(sides.upperBound)),
            "max_batch_count": .integer(Int64(mostPictures)), "max_queue_size": .integer(Int64(longestQueue)),
        ],
    ]

    /// A job that is not taken.
    private func refuse(_ status: HTTPResponse.Status, _ message: String) -> StandInResponse {
        record("refused", "", status.code, message)
        return Self.refusal(status, message)
    }

    private static func refusal(_ status: HTTPResponse.Status, _ message: String) -> StandInResponse {
        .json(["error": .string(status.reasonPhrase), "message": .string(message)], status: status)
    }

    private nonisolated func record(_ action: String, _ id: String, _ status: Int, _ reference: String) {
        state.ledger.record(.init(provider: name, action: action, id: id, status: status, reference: reference))
    }
}
