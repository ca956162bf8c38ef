import Domain
import FoundationEssentials
import FunctionRuntime
import FunctionTesting
import HTTPClient
import JSON
import Postgres
import Redis
import Testing

@Suite(.timeLimit(.minutes(1)))
struct WorkflowSyncTests {
    private let database: Database
    private let redis: Redis
    private let log = Log { _ in }

    init() async throws {
        database = try await TestDatabase.make()
        redis = try Redis(url: try await TemporaryRedis.start().url)
    }

    private func sync(_ values: [String: String]) throws -> WorkflowSync {
        try WorkflowSync(Configuration(values), database, redis, HTTPClient())
    }

    private func workflow(_ id: String) async throws -> Workflow {
        try #require(try await WorkflowCatalogue(database, redis).current(log: log)[id])
    }

    /// A ComfyUI with these choices for inputs of its nodes; every class there is but `without`.
    private func comfyUI(_ choices: [String: JSON], without missing: String? = nil) throws -> LocalServer {
        try LocalServer { request in
            let name = request.path.split(separator: "/").last.map(String.init) ?? ""
            guard request.path.hasPrefix("/object_info/"), name != missing else { return .init(body: Array("{}".utf8)) }
            let inputs = JSONObject(choices.map { ($0.key, $0.value) })
            let answer: JSON = .object([name: ["input": ["required": .object(inputs)]]])
            return .init(body: answer.serialized)
        }
    }

    @Test func `the models and samplers of a ComfyUI become the choices of its workflows, once`() async throws {
        let server = try comfyUI([
            "ckpt_name": [["a.safetensors", "b.ckpt"], ["tooltip": "x"]],
            "sampler_name": ["COMBO", ["options": ["euler", "heun"]]], "scheduler": [["karras"]],
            "steps": ["INT", ["default": 20]],
        ])
        let sync = try sync(["COMFYUI_URL": server.url])
        let changed = try await sync.run(log: log)
        #expect(changed.contains("comfyui-text") && changed.contains("comfyui-image"))
        let properties = try await workflow("comfyui-text").parameters.json["properties"]
        #expect(properties?["model"]?["enum"] == ["a.safetensors", "b.ckpt"])
        #expect(properties?["sampler"]?["enum"] == ["euler", "heun"] && properties?["sampler"]?["default"] == "euler")
        #expect(properties?["scheduler"]?["enum"] == ["karras"] && properties?["scheduler"]?["default"] == nil)
        #expect(properties?["steps"]?["enum"] == nil)
        #expect(try await workflow("comfyui-text").isAvailable)
        #expect(try await sync.run(log: log).isEmpty)
    }

    @Test func `the samplers of AUTOMATIC1111 become choices, and stay where a server lists none`() async throws {
        let samplers: JSON = [["name": "LMS"], ["name": "Euler a"], ["alias": "x"]]
        let server = try LocalServer { _ in .init(body: samplers.serialized) }
        _ = try await sync(["AUTOMATIC1111_URL": server.url]).run(log: log)
        #expect(server.requests.first?.path == "/sdapi/v1/samplers")
        let silent = try LocalServer { _ in .init(body: Array("[]".utf8)) }
        #expect(try await !sync(["AUTOMATIC1111_URL": silent.url]).run(log: log).contains("automatic1111-text"))
        let properties = try await workflow("automatic1111-text").parameters.json["properties"]
        #expect(properties?["sampler_name"]?["enum"] == ["LMS", "Euler a"])
    }

    @Test(arguments: [true, false])
    func `a ComfyUI without the nodes or without models cannot draw`(hasNodes: Bool) async throws {
        let server = try comfyUI(["ckpt_name": [[]]], without: hasNodes ? nil : "KSampler")
        _ = try await sync(["COMFYUI_URL": server.url]).run(log: log)
        #expect(try await !workflow("comfyui-text").isAvailable)
    }

    @Test func `workflows of providers that are not configured are not available, and are when they are`() async throws
    {
        _ = try await sync([:]).run(log: log)
        #expect(try await !workflow("openai-image").isAvailable)
        let changed = try await sync(["OPENAI_API_KEY": "k"]).run(log: log)
        #expect(changed == ["openai-edit", "openai-image"])
        #expect(try await workflow("openai-image").isAvailable)
    }

    @Test func `a model that Replicate no longer has is not available, one that cannot be asked for stays`()
        async throws
    {
        let server = try LocalServer { request in
            .init(status: request.path.hasSuffix("flux-schnell") ? 404 : request.path.hasSuffix("sdxl") ? 500 : 200)
        }
        let values = ["REPLICATE_API_TOKEN": "k", "REPLICATE_BASE_URL": server.url]
        _ = try await sync(values).run(log: log)
        #expect(try await !workflow("flux-schnell").isAvailable)
        #expect(try await workflow("flux-dev-image").isAvailable)
        #expect(try await workflow("sdxl").isAvailable)
        #expect(server.requests.contains { $0.path == "/v1/models/stability-ai/sdxl" })
    }

    @Test func `a workflow that somebody changed meanwhile is left to them`() async throws {
        let store = WorkflowStore(database)
        let old = try await workflow("sdxl")
        try await database.asService(
            "update workflows set parameters = '{\"type\": \"object\"}' where id = 'sdxl'")
        var new = old
        new.isAvailable = false
        #expect(try await !store.update(new, from: old))
    }
}
