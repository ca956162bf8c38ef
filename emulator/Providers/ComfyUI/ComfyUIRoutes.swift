import HTTPTypes
import JSON

/// ComfyUI's routes; each of them also below `/api`.
enum ComfyUIRoutes {
    static let features: JSON = ["supports_preview_metadata": true, "max_upload_size": 104_857_600]

    static func path(of request: StandInRequest) -> [String] {
        request.path.first == "api" ? Array(request.path.dropFirst()) : request.path
    }

    static let systemStatistics: JSON = [
        "system": [
            "os": "posix", "ram_total": 34_359_738_368, "ram_free": 17_179_869_184, "comfyui_version": "0.3.64",
            "required_frontend_version": "1.27.10", "python_version": "3.12.3", "pytorch_version": "2.8.0+cu128",
            "embedded_python": false, "argv": ["main.py"],
        ],
        "devices": [
            [
                "name": "cuda:0 NVIDIA stand-in", "type": "cuda", "index": 0, "vram_total": 25_769_803_776,
                "vram_free": 12_884_901_888, "torch_vram_total": 0, "torch_vram_free": 0,
            ]
        ],
    ]
}

extension ComfyUIStandIn {
    nonisolated func respond(to request: StandInRequest) async throws -> StandInResponse {
        let path = ComfyUIRoutes.path(of: request)
        switch (request.method, path.first, path.count) {
        case (.post, "prompt", 1): return try await submit(request)
        case (.get, "prompt", 1):
            return .json(["exec_info": ["queue_remaining": .integer(Int64(await remaining))]])
        case (_, "queue", 1): return await queueRoute(request)
        case (_, "history", 1...2): return await historyRoute(request, id: path.dropFirst().first)
        case (.post, "interrupt", 1):
            let id = (try? request.json())?["prompt_id"]?.string
            await interrupt(id)
            state.ledger.record(.init(provider: name, action: "cancel", id: id ?? "", status: 200, reference: ""))
            return .empty(.ok)
        case (.get, "view", 1): return await view(request)
        case (.post, "upload", 2) where path[1] == "image": return await upload(request)
        case (.get, "object_info", 1...2): return await objectInfo(path.dropFirst().first)
        case (.get, "models", 1): return .json(.array(ComfyUINodeClasses.models.keys.sorted().map { .string($0) }))
        case (.get, "models", 2):
            guard let models = ComfyUINodeClasses.models[path[1]] else { return .empty(.notFound) }
            return .json(.array(models.map { .string($0) }))
        case (.get, "embeddings", 1), (.get, "extensions", 1): return .json([])
        case (.get, "system_stats", 1): return .json(ComfyUIRoutes.systemStatistics)
        case (.get, "features", 1): return .json(ComfyUIRoutes.features)
        case (.post, "free", 1): return .empty(.ok)
        default: return .bytes(Array("404: Not Found".utf8), type: "text/plain; charset=utf-8", status: .notFound)
        }
    }

    private nonisolated func submit(_ request: StandInRequest) async throws -> StandInResponse {
        do {
            let (json, delivery) = try await queue(request)
            return .json(json).delivered(delivery)
        } catch let problem as ComfyUIProblem {
            state.ledger.record(
                .init(
                    provider: name, action: "refused", id: "", status: problem.status.code, reference: problem.message))
            return problem.response
        }
    }

    private func queueRoute(_ request: StandInRequest) -> StandInResponse {
        guard request.method == .post else {
            return .json([
                "queue_running": .array(running.map { [$0.item] } ?? []),
                "queue_pending": .array(pending.map(\.item)),
            ])
        }
        let body = (try? request.json()) ?? .null
        if body["clear"]?.bool == true { delete { _ in true } }
        for id in (body["delete"]?.array ?? []).compactMap(\.string) {
            delete { $0 == id }
            state.ledger.record(.init(provider: name, action: "cancel", id: id, status: 200, reference: ""))
        }
        return .empty(.ok)
    }

    private func historyRoute(_ request: StandInRequest, id: String?) -> StandInResponse {
        if request.method == .post {
            let body = (try? request.json()) ?? .null
            if body["clear"]?.bool == true { forget { _ in true } }
            let ids = Set((body["delete"]?.array ?? []).compactMap(\.string))
            forget { ids.contains($0) }
            return .empty(.ok)
        }
        guard let id else {
            let most = request.query["max_items"].flatMap { Int($0) } ?? history.count
            let shown = history.suffix(max(0, most)).map { ($0.id, $0.result.json) }
            return .json(.object(JSONObject(shown)))
        }
        state.ledger.record(.init(provider: name, action: "get", id: id, status: 200, reference: ""))
        return .json(.object(JSONObject(entries(id).map { (id, $0.json) })))
    }

    private func view(_ request: StandInRequest) -> StandInResponse {
        guard let filename = request.query["filename"] else { return .empty(.notFound) }
        let subfolder = request.query["subfolder"] ?? ""
        guard !filename.isEmpty, !filename.hasPrefix("/"), !"\(subfolder)/\(filename)".contains("..") else {
            return .empty(.badRequest)
        }
        let type = request.query["type"] ?? "output"
        guard let bytes = files[.init(filename: filename, subfolder: subfolder, type: type)] else {
            return .empty(.notFound)
        }
        state.ledger.record(.init(provider: name, action: "output", id: filename, status: 200, reference: type))
        var response = StandInResponse.bytes(bytes, type: "image/png")
        response.headers[.contentDisposition] = "filename=\"\(filename)\""
        return response
    }

    private func upload(_ request: StandInRequest) -> StandInResponse {
        guard let form = MultipartForm(request.body, contentType: request.headers[.contentType] ?? ""),
            let image = form["image"], let filename = image.filename, !filename.isEmpty
        else { return .empty(.badRequest) }
        func field(_ name: String) -> String? { form[name].map { String(decoding: $0.content, as: UTF8.self) } }
        let subfolder = field("subfolder") ?? ""
        guard !"\(subfolder)/\(filename)".contains("..") else { return .empty(.badRequest) }
        let overwrites = ["true", "1"].contains(field("overwrite") ?? "")
        let name = files.upload(
            image.content, as: .init(filename: filename, subfolder: subfolder, type: field("type") ?? "input"),
            overwrites: overwrites)
        state.ledger.record(.init(provider: self.name, action: "upload", id: name.filename, status: 200, reference: ""))
        return .json([
            "name": .string(name.filename), "subfolder": .string(name.subfolder), "type": .string(name.type),
        ])
    }

    private func objectInfo(_ name: String?) -> StandInResponse {
        let pictures = files.inputs.keys.sorted()
        let classes = ComfyUINodeClasses.all.values.filter { name == nil || $0.name == name }.sorted {
            $0.name < $1.name
        }
        return .json(.object(JSONObject(classes.map { ($0.name, $0.json(pictures: pictures)) })))
    }
}
