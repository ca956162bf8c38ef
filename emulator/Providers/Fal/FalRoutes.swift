import FoundationEssentials
import HTTPTypes
import JSON

extension FalStandIn {
    nonisolated func respond(to request: StandInRequest) async throws -> StandInResponse {
        do {
            return try await route(request)
        } catch let problem as FalProblem {
            let calls = request.path.first == "queue" || request.path.first == "run"
            if request.method == .post, calls {
                state.ledger.record(
                    .init(
                        provider: name, action: "refused", id: "", status: problem.status.code,
                        reference: String(decoding: problem.body.serialized, as: UTF8.self)))
            }
            return problem.response
        }
    }

    private nonisolated func route(_ request: StandInRequest) async throws -> StandInResponse {
        let path = Array(request.path.dropFirst())
        switch request.path.first {
        // A public key, files, and addresses that are permissions themselves.
        case "rest" where path == [".well-known", "jwks.json"]: return .json(try signature.keys())
        case "cdn" where request.method == .get: return try await file(path)
        case "cdn", "storage": return try await upload(request, path)
        default: break
        }
        let authorization = request.headers[.authorization] ?? ""
        guard authorization.hasPrefix("Key ") || authorization.hasPrefix("Bearer "), authorization.count > 8 else {
            throw FalProblem.unauthenticated
        }
        switch request.path.first {
        case "queue": return try await queue(request, path)
        case "run" where request.method == .post: return try await direct(request, path)
        case "rest" where request.method == .post: return try await storage(request, path)
        default: throw FalProblem.notFound
        }
    }

    /// `queue.fal.run`.
    private nonisolated func queue(_ request: StandInRequest, _ path: [String]) async throws -> StandInResponse {
        guard let mark = path.firstIndex(of: "requests"), mark >= 2, path.count > mark + 1 else {
            guard request.method == .post, let app = Self.app(path) else { throw FalProblem.notFound }
            let (generation, delivery) = try await create(request, app: app)
            var answer = generation.addresses("\(request.base)/queue")
            answer["status"] = "IN_QUEUE"
            answer["queue_position"] = 0
            answer["gateway_request_id"] = .string(generation.id)
            return .json(.object(answer)).delivered(delivery)
        }
        let id = path[mark + 1]
        let logs = ["1", "true"].contains(request.query["logs"])
        switch (request.method, Array(path[(mark + 2)...])) {
        case (.get, ["status"]):
            let generation = try await generation(id)
            record("get", id)
            let now = Date.now
            return .json(
                generation.json(at: now, base: "\(request.base)/queue", logs: logs),
                status: generation.status(at: now) == .completed ? .ok : .accepted)
        case (.get, ["status", "stream"]):
            _ = try await generation(id)
            record("get", id)
            return statuses(id, base: "\(request.base)/queue", logs: logs)
        case (.get, []), (.get, ["response"]):
            record("get", id)
            return try Self.result(of: try await generation(id), base: request.base)
        case (.put, ["cancel"]):
            record("cancel", id)
            switch try await cancel(id, base: request.base) {
            case .queued: return .json(["status": "OK"])
            case .running: return .json(["status": "CANCELLATION_REQUESTED"], status: .accepted)
            case .completed: return .json(["status": "ALREADY_COMPLETED"], status: .badRequest)
            }
        default: throw FalProblem.notFound
        }
    }

    /// `fal.run`: the client waits for the model; with `/stream` behind the model it hears of the steps.
    private nonisolated func direct(_ request: StandInRequest, _ path: [String]) async throws -> StandInResponse {
        guard let app = Self.app(path) else { throw FalProblem.notFound }
        let (generation, delivery) = try await create(request, app: app)
        let base = request.base
        guard path.last == "stream" else {
            try await Task.sleep(for: .seconds(max(0, generation.end.timeIntervalSinceNow)))
            return try Self.result(of: generation, base: base).delivered(delivery)
        }
        return StandInResponse.events { writer in
            for (index, change) in generation.changes.enumerated().dropFirst() where change <= generation.end {
                try await Task.sleep(for: .seconds(max(0, change.timeIntervalSinceNow)))
                try await writer.event([
                    "step": .integer(Int64(index)), "steps": .integer(Int64(generation.knobs.steps)),
                ])
            }
            try await Task.sleep(for: .seconds(max(0, generation.end.timeIntervalSinceNow)))
            try await writer.event(generation.problem?.body ?? generation.result(files: "\(base)/cdn/files"))
        }.delivered(delivery)
    }

    /// A request's statuses as they change.
    private nonisolated func statuses(_ id: String, base: String, logs: Bool) -> StandInResponse {
        .events { writer in
            while true {
                let generation = try await self.generation(id)
                let now = Date.now
                try await writer.event(generation.json(at: now, base: base, logs: logs))
                if generation.status(at: now) == .completed { return }
                let next = generation.changes.first { $0 > now } ?? generation.end
                // Often enough to notice that somebody stops it.
                try await Task.sleep(for: .seconds(min(1, max(0.001, next.timeIntervalSinceNow))))
            }
        }
    }

    private static nonisolated func result(of generation: FalGeneration, base: String) throws -> StandInResponse {
        guard generation.status(at: .now) == .completed else { throw FalProblem.stillRunning }
        if let problem = generation.problem { return problem.response }
        return .json(generation.result(files: "\(base)/cdn/files"))
    }

    /// `owner/app` of an endpoint, with its namespace where it has one.
    private static nonisolated func app(_ path: [String]) -> String? {
        let length = ["workflows", "comfy"].contains(path.first) ? 3 : 2
        return path.count >= length ? path.prefix(length).joined(separator: "/") : nil
    }

    nonisolated func record(_ action: String, _ id: String, reference: String = "") {
        state.ledger.record(.init(provider: name, action: action, id: id, status: 200, reference: reference))
    }
}
