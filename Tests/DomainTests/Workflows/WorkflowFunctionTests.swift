import Domain
import FoundationEssentials
import FunctionRuntime
import FunctionTesting
import JSON
import Postgres
import Testing

@testable import CreateJob
@testable import GetWorkflow
@testable import ListWorkflows

@Suite(.timeLimit(.minutes(1)))
struct WorkflowFunctionTests {
    private let environment: [String: String]
    private let database: Database

    init() async throws {
        let redis = try await TemporaryRedis.start()
        let url = try await TestDatabase.url()
        database = Database(Postgres(try PostgresConfiguration(url: url)))
        environment = try LocalStore().environment.merging(
            ["DATABASE_URL": url, "REDIS_URL": redis.url, "DEVELOPMENT_USER": "developer@example.com"]
        ) { $1 }
    }

    private func list(_ query: [String: String] = [:]) async throws -> TestAnswer {
        try await TestedFunction(ListWorkflows.self, environment: environment)
            .request(.get, "/api/v1/workflows", query: query.mapValues { [$0] })
    }

    private func createJob(_ body: JSON, with more: [String: String] = [:]) async throws -> TestAnswer {
        try await TestedFunction(CreateJob.self, environment: environment.merging(more) { $1 })
            .request(.post, "/api/v1/jobs", json: body)
    }

    @Test func `workflows are listed page by page, by category, the defaults marked`() async throws {
        let all = try #require(try await list().json()["items"]?.array)
        #expect(all.compactMap { $0["isDefault"] == true ? $0["id"]?.string : nil } == ["flux-schnell", "sdxl-image"])
        var ids: [String?] = []
        var query = ["limit": "4"]
        while true {
            let page = try await list(query).json()
            ids += (page["items"]?.array ?? []).map { $0["id"]?.string }
            guard let cursor = page["nextCursor"]?.string else { break }
            query["cursor"] = cursor
        }
        #expect(ids == all.map { $0["id"]?.string } && ids.count > 8)
        let pictures = try #require(try await list(["category": "image-to-image"]).json()["items"]?.array)
        #expect(!pictures.isEmpty && pictures.allSatisfy { $0["category"] == "image-to-image" })
    }

    @Test(arguments: [("limit", "0"), ("limit", "101"), ("cursor", "!"), ("category", "poetry")])
    func `a list that cannot be is refused by field`(name: String, value: String) async throws {
        #expect(try await list([name: value]).failure?.errors.map(\.field) == [name])
    }

    @Test func `one workflow is shown with the schema of its parameters, one that is not offered is not found`()
        async throws
    {
        let function = try await TestedFunction(GetWorkflow.self, environment: environment)
        let shown = try await function.request(.get, "/api/v1/workflows/comfyui-text").json()
        #expect(shown["provider"] == "comfyui" && shown["parameters"]?["properties"]?["steps"]?["minimum"] == 1)
        // The form shows them in this order.
        #expect(shown["parameters"]?["properties"]?.object?.keys.prefix(3) == ["model", "negative_prompt", "width"])
        #expect(shown["definition"] == nil)
        try await database.asService("update workflows set enabled = false where id = 'sdxl'")
        for id in ["nothing", "sdxl"] {
            let failure = await function.request(.get, "/api/v1/workflows/\(id)").failure
            #expect(failure?.code == .notFound && failure?.message.contains("\"\(id)\"") == true)
        }
    }

    @Test func `a job gets the workflow it names, with its defaults`() async throws {
        let job = try await createJob(
            ["prompt": "a fox", "workflowId": "sdxl", "parameters": ["width": 64, "negative_prompt": "hens"]]
        ).json()
        #expect(job["workflowId"] == "sdxl")
        #expect(
            job["parameters"] == [
                "width": 64, "negative_prompt": "hens", "height": 1024, "num_outputs": 1, "num_inference_steps": 50,
                "guidance_scale": .number(7.5), "scheduler": "K_EULER",
            ])
    }

    @Test func `a job that names none gets the configured default, another when it draws from a picture`()
        async throws
    {
        let more = ["DEFAULT_WORKFLOW": "fal-flux-schnell", "DEFAULT_IMAGE_WORKFLOW": "fal-flux-image"]
        #expect(try await createJob(["prompt": "a fox"], with: more).json()["workflowId"] == "fal-flux-schnell")
        let upload: JSON = ["prompt": "a fox", "upload": true, "contentType": "image/png", "size": 100]
        #expect(try await createJob(upload, with: more).json()["workflowId"] == "fal-flux-image")
        let failure = try await createJob(["prompt": "a fox"], with: ["DEFAULT_WORKFLOW": "gone"]).failure
        #expect(failure?.code == .internal && failure?.message.contains("DEFAULT_WORKFLOW") == true)
    }

    private static let refusals: [(JSON, [String])] = [
        (["workflowId": "nothing"], ["workflowId"]),
        (["workflowId": "sdxl-image"], ["workflowId"]),
        (["workflowId": "sdxl", "imageId": "019a3c1e-0000-7000-8000-000000000000"], ["workflowId"]),
        (
            ["workflowId": "sdxl", "parameters": ["width": 65, "height": "tall", "colour": "red"]],
            ["parameters.width", "parameters.height", "parameters.colour"]
        ),
        (["parameters": ["num_outputs": 9]], ["parameters.num_outputs"]),
    ]

    @Test(arguments: refusals)
    func `what does not fit its workflow is refused with an error for each field, and no job is made`(
        body: JSON, fields: [String]
    ) async throws {
        var members = body.object ?? [:]
        members["prompt"] = "a fox"
        let failure = try await createJob(.object(members)).failure
        #expect(failure?.code == .invalid && failure?.errors.map(\.field) == fields)
        #expect(try await database.asService("select count(*) as n from jobs")[0][0]["n", as: Int.self] == 0)
    }
}
