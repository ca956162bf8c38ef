import Cryptography
import FoundationEssentials
import HTTPTypes
import JSON

extension ReplicateStandIn {
    nonisolated func respond(to request: StandInRequest) async throws -> StandInResponse {
        do {
            return try await route(request)
        } catch let problem as ReplicateProblem {
            if request.method == .post, request.path.last == "predictions" {
                state.ledger.record(
                    .init(
                        provider: name, action: "refused", id: "", status: problem.status.code,
                        reference: problem.detail))
            }
            return problem.response
        }
    }

    private nonisolated func route(_ request: StandInRequest) async throws -> StandInResponse {
        // Outputs are public, as on replicate.delivery.
        if request.method == .get, request.path.first == "outputs", request.path.count == 3 {
            return try await output(request.path[1], file: request.path[2])
        }
        // So are streams: their address is the permission.
        if request.method == .get, request.path.first == "stream", request.path.count == 2 {
            return try await stream(request.path[1], base: request.base)
        }
        let authorization = request.headers[.authorization] ?? ""
        guard authorization.hasPrefix("Bearer ") || authorization.hasPrefix("Token "), authorization.count > 8 else {
            throw ReplicateProblem.unauthenticated
        }
        let path = request.path
        guard path.first == "v1" else { throw ReplicateProblem.notFound }
        switch (request.method, path.count) {
        case (.post, 2) where path[1] == "predictions":
            return try await submit(request, model: nil)
        case (.post, 5) where path[1] == "models" && path[4] == "predictions",
            (.post, 5) where path[1] == "deployments" && path[4] == "predictions":
            return try await submit(request, model: "\(path[2])/\(path[3])")
        case (.get, 2) where path[1] == "predictions": return await list(request)
        case (.get, 3) where path[1] == "predictions":
            state.ledger.record(.init(provider: name, action: "get", id: path[2], status: 200, reference: ""))
            return .json(try await prediction(path[2]).json(at: .now, base: request.base))
        case (.post, 4) where path[1] == "predictions" && path[3] == "cancel":
            state.ledger.record(.init(provider: name, action: "cancel", id: path[2], status: 200, reference: ""))
            return .json(try await cancel(path[2], base: request.base).json(at: .now, base: request.base))
        case (_, 2...3) where path[1] == "files": return try await files(request)
        case (.get, 4) where path[1...] == ["webhooks", "default", "secret"]:
            return .json(["key": .string("whsec_" + Base64.encode(webhookKey))])
        case (.get, _):
            guard let answer = ReplicateCatalogue(base: request.base).answer(path.dropFirst()) else {
                throw ReplicateProblem.notFound
            }
            return .json(answer)
        default: throw ReplicateProblem.notFound
        }
    }

    private nonisolated func submit(_ request: StandInRequest, model: String?) async throws -> StandInResponse {
        let (prediction, delivery) = try await create(request, model: model)
        var status = HTTPResponse.Status.created
        if let limit = Self.wait(request.headers[.prefer]) {
            let remaining = prediction.end.timeIntervalSinceNow
            try await Task.sleep(for: .seconds(max(0, min(limit, remaining))))
            if remaining > limit { status = .accepted }
        }
        let current = try await self.prediction(prediction.id)
        var response = StandInResponse.json(current.json(at: .now, base: request.base), status: status)
        response.headers[.location] = "\(request.base)/v1/predictions/\(prediction.id)"
        return response.delivered(delivery)
    }

    /// The seconds of `Prefer: wait` (60 by default) or `wait=n` (1 to 60); nil without.
    private static nonisolated func wait(_ header: String?) -> Double? {
        guard let header, header.hasPrefix("wait") else { return nil }
        return header.split(separator: "=").dropFirst().first.flatMap { Double($0) }.map { max(1, min(60, $0)) } ?? 60
    }

    private nonisolated func list(_ request: StandInRequest) async -> StandInResponse {
        let start = request.query["cursor"].flatMap { Int($0) } ?? 0
        let (page, next) = await list(from: max(0, start))
        let now = Date.now
        return .json([
            "previous": start > 0 ? .string("\(request.base)/v1/predictions?cursor=\(max(0, start - 100))") : .null,
            "next": next.map { .string("\(request.base)/v1/predictions?cursor=\($0)") } ?? .null,
            "results": .array(page.map { $0.json(at: now, base: request.base) }),
        ])
    }

    private nonisolated func files(_ request: StandInRequest) async throws -> StandInResponse {
        switch (request.method, request.path.count) {
        case (.post, 2):
            let file = try ReplicateFile(form: request)
            await store(file)
            state.ledger.record(.init(provider: name, action: "upload", id: file.id, status: 201, reference: file.name))
            return .json(file.json(base: request.base), status: .created)
        case (.get, 2):
            let files = await allFiles.map { $0.json(base: request.base) }
            return .json(["previous": nil, "next": nil, "results": .array(files)])
        case (.get, 3): return .json(try await file(request.path[2]).json(base: request.base))
        case (.delete, 3):
            try await deleteFile(request.path[2])
            return .empty(.noContent)
        default: throw ReplicateProblem.notFound
        }
    }

    private nonisolated func output(_ id: String, file: String) async throws -> StandInResponse {
        let prediction = try await prediction(id)
        guard let index = (0..<prediction.outputs(at: .now)).first(where: { prediction.file($0) == file }) else {
            throw ReplicateProblem.notFound
        }
        state.ledger.record(.init(provider: name, action: "output", id: id, status: 200, reference: file))
        let content = prediction.pictures[index].encoded(prediction.format, quality: max(1, prediction.quality))
        return .bytes(content, type: prediction.format.mediaType)
    }
}

extension HTTPField.Name {
    fileprivate static let prefer = Self("Prefer")!
    static let cancelAfter = Self("Cancel-After")!
}
