import Domain
import FoundationEssentials
import FunctionRuntime
import FunctionTesting
import JSON
import Queue
import Redis
import Testing

@testable import CancelJob
@testable import CreateJob
@testable import CreateUpload
@testable import GetImage
@testable import GetImageContent
@testable import GetJob
@testable import GetWorkflow
@testable import Health
@testable import ImageUploaded
@testable import ListJobs
@testable import OpenAPI
@testable import ReapJobs
@testable import RelayOutbox
@testable import RetryJob
@testable import WatchJob

/// The functions as a host calls them: typed input, status, problem, and what they leave behind.
@Suite(.timeLimit(.minutes(1)))
struct FunctionTests {
    private let environment: [String: String]
    private let redis: TemporaryRedis
    private let store: LocalStore

    init() async throws {
        redis = try await TemporaryRedis.start()
        store = try LocalStore()
        environment = store.environment.merging(
            [
                "DATABASE_URL": try await TestDatabase.url(), "REDIS_URL": redis.url,
                "DEVELOPMENT_USER": "developer@example.com",
            ]
        ) { $1 }
    }

    private func createJob(_ body: JSON = ["prompt": "a fox"], headers: Headers = [:]) async throws -> TestAnswer {
        try await TestedFunction(CreateJob.self, environment: environment)
            .request(.post, "/api/v1/jobs", headers: headers, json: body)
    }

    private func job(_ id: String) async throws -> JSON {
        try await TestedFunction(GetJob.self, environment: environment).request(.get, "/api/v1/jobs/\(id)").json()
    }

    @Test func `a job is taken on with 202 and its place`() async throws {
        let answer = try await createJob(["prompt": "a fox", "parameters": ["seed": 1], "priority": "high"])
        #expect(answer.status == 202)
        let created = try answer.json()
        let id = try #require(created["id"]?.string)
        #expect(answer.head?.headers["location"] == "/api/v1/jobs/\(id)")
        #expect(created["status"] == "queued" && created["results"] == [])
        let shown = try await job(id)
        #expect(shown["prompt"] == "a fox" && shown["priority"] == "high" && shown["workflowId"] == "flux-schnell")
        #expect(shown["parameters"]?["seed"] == 1 && shown["parameters"]?["aspect_ratio"] == "1:1")
        let queue = GenerateQueue(try Redis(url: redis.url)).queue
        #expect(try await queue.depth().ready[.high] == 1)
    }

    @Test func `with Redis stopped a job is still taken on`() async throws {
        try await redis.kill()
        #expect(try await createJob().status == 202)
    }

    @Test func `the same key gives the same job, another request a conflict`() async throws {
        let first = try await createJob(headers: ["idempotency-key": "k"]).json()
        let again = try await createJob(headers: ["idempotency-key": "k"])
        #expect(again.status == 202)
        #expect(try again.json()["id"] == first["id"])
        #expect(try await createJob(["prompt": "b"], headers: ["idempotency-key": "k"]).status == 409)
    }

    @Test(
        arguments: [
            ([:], "prompt"), (["prompt": 7], "prompt"), (["prompt": ""], "prompt"),
            (["prompt": "a", "priority": "urgent"], "priority"), (["prompt": "a", "imageId": "x"], "imageId"),
            (["prompt": "a", "parameters": []], "parameters"),
            (["prompt": "a", "upload": true, "contentType": "text/html"], "contentType"),
        ] as [(JSON, String)])
    func `what cannot be a job is refused by field`(body: JSON, field: String) async throws {
        let answer = try await createJob(body)
        #expect(answer.status == 400)
        #expect(answer.failure?.errors.map(\.field) == [field])
    }

    @Test func `a job that asks for an upload says where, and goes on when it has come`() async throws {
        let created = try await createJob(["prompt": "a", "upload": true]).json()
        #expect(created["status"] == "awaiting_upload")
        let id = try #require(created["id"]?.string)
        let url = try #require(created["upload"]?["url"]?.string)
        let key = String(url.prefix { $0 != "?" }.dropFirst("\(store.server.url)/darkroom/".count))
        store[key] = TestImages.png
        let function = try await TestedFunction(ImageUploaded.self, environment: environment)
        #expect(await function.object(object(key)).failure == nil)
        #expect(try await job(id)["status"] == "queued")
        let image = try #require(created["imageId"]?.string)
        let content = try await TestedFunction(GetImageContent.self, environment: environment)
            .request(.get, "/api/v1/images/\(image)/content")
        #expect(content.status == 302)
        #expect(content.head?.headers["location"]?.hasPrefix("\(store.server.url)/darkroom/\(key)?") == true)
    }

    @Test
    func `an announced upload that is no picture is rejected, and the job that waits for it fails with the reason`()
        async throws
    {
        let upload = try await TestedFunction(CreateUpload.self, environment: environment).request(
            .post, "/api/v1/uploads", json: ["filename": "a.png", "contentType": "image/png", "size": 6])
        #expect(upload.status == 201)
        let image = try #require(try upload.json()["imageId"]?.string)
        let url = try #require(try upload.json()["upload"]?["url"]?.string)
        let id = try #require(try await createJob(["prompt": "a", "imageId": .string(image)]).json()["id"]?.string)
        let key = String(url.prefix { $0 != "?" }.dropFirst("\(store.server.url)/darkroom/".count))
        store[key] = Array("<html>".utf8)
        let function = try await TestedFunction(ImageUploaded.self, environment: environment)
        _ = await function.object(object(key))
        #expect(try await job(id)["errorCode"] == "upload_rejected")
        let shown = try await TestedFunction(GetImage.self, environment: environment)
            .request(.get, "/api/v1/images/\(image)").json()
        #expect(shown["status"] == "rejected" && shown["rejection"]?.string?.contains("not a PNG") == true)
    }

    @Test func `an upload with a prompt in its metadata is one job, however often the event comes`() async throws {
        let key = "uploads/harbour.png"
        store[key] = TestImages.png
        let function = try await TestedFunction(ImageUploaded.self, environment: environment)
        let metadata = ["prompt": "a harbour", "negative": "people", "seed": "7", "priority": "low"]
        for _ in 0..<2 { #expect(await function.object(object(key, metadata)).failure == nil) }
        let list = try await TestedFunction(ListJobs.self, environment: environment).request(.get, "/api/v1/jobs")
            .json()
        let jobs = try #require(list["items"]?.array)
        #expect(jobs.count == 1)
        #expect(jobs[0]["prompt"] == "a harbour" && jobs[0]["status"] == "queued" && jobs[0]["priority"] == "low")
        #expect(jobs[0]["workflowId"] == "sdxl-image")
        #expect(jobs[0]["parameters"]?["negative_prompt"] == "people" && jobs[0]["parameters"]?["seed"] == 7)
    }

    @Test func `the same file stored again is another job, with the same prompt or another`() async throws {
        let key = "uploads/harbour.png"
        store[key] = TestImages.png
        let function = try await TestedFunction(ImageUploaded.self, environment: environment)
        for (id, prompt) in [("1", "dawn"), ("2", "dusk"), ("3", "dusk"), ("2", "dusk")] {
            #expect(await function.object(object(key, ["prompt": prompt], id: id)).failure == nil)
        }
        // One event cannot ask for two things: no delivery will fare better.
        #expect(await function.object(object(key, ["prompt": "noon"], id: "1")).failure == nil)
        let list = try await TestedFunction(ListJobs.self, environment: environment).request(.get, "/api/v1/jobs")
            .json()
        #expect(list["items"]?.array?.map { $0["prompt"]?.string } == ["dusk", "dusk", "dawn"])
    }

    @Test func `an upload that nobody announced and that asks for nothing is left alone`() async throws {
        store["uploads/stray.png"] = TestImages.png
        let function = try await TestedFunction(ImageUploaded.self, environment: environment)
        #expect(await function.object(object("uploads/stray.png")).failure == nil)
        let warning = try #require(function.logs.records.last { $0.level == .warning })
        #expect(warning.fields["key"] == "uploads/stray.png")
        #expect(warning.fields["reason"]?.string?.contains("store it again with x-amz-meta-prompt") == true)
        let list = try await TestedFunction(ListJobs.self, environment: environment).request(.get, "/api/v1/jobs")
            .json()
        #expect(list["items"] == [])
    }

    @Test(
        arguments: [
            (["prompt": " "], TestImages.png, "invalid_metadata", "prompt must say what the picture should show"),
            (
                ["prompt": String(repeating: "x", count: 4001)], TestImages.png, "invalid_metadata",
                "has 4001 characters"
            ),
            (
                ["prompt": "=?UTF-8?B?AGE=?="], TestImages.png, "invalid_metadata",
                "must not contain the character U+0000"
            ),
            (["prompt": "a", "priority": "urgent"], TestImages.png, "invalid_metadata", "priority is \"urgent\""),
            (["prompt": "a", "seed": "abc"], TestImages.png, "invalid_metadata", "seed is \"abc\""),
            (["prompt": "a", "workflow": "nothing"], TestImages.png, "invalid_metadata", "workflow names no workflow"),
            (["prompt": "a", "seed": "-5"], TestImages.png, "invalid_metadata", "metadata is wrong: seed must be"),
            (["prompt": "a"], Array("just text".utf8), "upload_rejected", "not a PNG"),
            (["prompt": "a"], [], "upload_rejected", "file"),
            (["prompt": "a", "seed": "b", "priority": "c"], [], "invalid_metadata", "priority is \"c\""),
        ] as [([String: String], [UInt8], String, String)])
    func `an upload that asks for what cannot be is a failed job that says so, once`(
        metadata: [String: String], bytes: [UInt8], code: String, reason: String
    ) async throws {
        let key = "uploads/wrong.png"
        store[key] = bytes
        let function = try await TestedFunction(ImageUploaded.self, environment: environment)
        for _ in 0..<2 { #expect(await function.object(object(key, metadata)).failure == nil) }
        let jobs = try #require(
            try await TestedFunction(ListJobs.self, environment: environment).request(.get, "/api/v1/jobs")
                .json()["items"]?.array)
        #expect(jobs.count == 1)
        #expect(jobs[0]["status"] == "failed" && jobs[0]["errorCode"] == .string(code))
        #expect(jobs[0]["errorMessage"]?.string?.contains(reason) == true, "\(jobs[0])")
        let prompt = try #require(jobs[0]["prompt"]?.string)
        #expect(!prompt.isEmpty && prompt.count <= 4000 && !prompt.unicodeScalars.contains("\u{0}"))
        let id = try #require(jobs[0]["id"]?.string)
        let warning = try #require(function.logs.records.last { $0.level == .warning })
        #expect(warning.fields["jobId"]?.string == id && warning.fields["reason"]?.string?.contains(reason) == true)
        // What is wrong with it does not go away.
        let retry = await (try TestedFunction(RetryJob.self, environment: environment))
            .request(.post, "/api/v1/jobs/\(id)/retry")
        #expect(retry.status == 409)
    }

    @Test func `the metadata of an upload may be encoded words`() async throws {
        let key = "uploads/words.png"
        store[key] = TestImages.png
        let function = try await TestedFunction(ImageUploaded.self, environment: environment)
        let metadata = [
            "prompt": "=?UTF-8?B?5aSc5piO?= =?UTF-8?Q?_f=C3=BCr?= =?wrong", "workflow": "=?utf-8?q?sdxl-image?=",
        ]
        #expect(await function.object(object(key, metadata)).failure == nil)
        let list = try await TestedFunction(ListJobs.self, environment: environment).request(.get, "/api/v1/jobs")
            .json()
        #expect(list["items"]?[0]?["prompt"] == "夜明 für =?wrong")
        #expect(list["items"]?[0]?["workflowId"] == "sdxl-image")
        #expect(list["items"]?[0]?["status"] == "queued")
    }

    @Test(
        arguments: [
            (["prompt": "a", "contentType": "image/png"], ["contentType"]),
            (["prompt": "a", "size": 5, "contentType": "image/png", "upload": false], ["contentType", "size"]),
        ] as [(JSON, [String])])
    func `what announces a picture belongs together with an upload`(body: JSON, fields: [String]) async throws {
        let answer = try await createJob(body)
        #expect(answer.status == 400)
        #expect(answer.failure?.errors.map(\.field) == fields)
    }

    @Test func `an announced file has a name`() async throws {
        let answer = await (try TestedFunction(CreateUpload.self, environment: environment)).request(
            .post, "/api/v1/uploads", json: ["filename": "", "contentType": "image/png", "size": 6])
        #expect(answer.status == 400)
        #expect(answer.failure?.errors.map(\.field) == ["filename"])
    }

    private func object(_ key: String, _ metadata: [String: String] = [:], id: String = "event") -> StoredObject {
        StoredObject(
            id: id, event: .created, time: Date(), store: "s3", bucket: "darkroom", key: key, size: 33, etag: "e",
            contentType: "image/png", metadata: metadata)
    }

    @Test func `lists page by cursor and name wrong parameters`() async throws {
        for number in 0..<3 { _ = try await createJob(["prompt": .string("job \(number)")]) }
        let list = try await TestedFunction(ListJobs.self, environment: environment)
        let first = try await list.request(.get, "/api/v1/jobs", query: ["limit": ["2"]]).json()
        let cursor = try #require(first["nextCursor"]?.string)
        let second = try await list.request(.get, "/api/v1/jobs", query: ["limit": ["2"], "cursor": [cursor]]).json()
        let prompts = [first, second].flatMap { $0["items"]?.array ?? [] }.map { $0["prompt"]?.string }
        #expect(prompts == ["job 2", "job 1", "job 0"])
        #expect(second["nextCursor"] == nil)
        for (name, value) in [("limit", "0"), ("limit", "x"), ("status", "sleeping"), ("cursor", "!")] {
            let answer = await list.request(.get, "/api/v1/jobs", query: [name: [value]])
            #expect(answer.status == 400 && answer.failure?.errors.first?.field == name)
        }
    }

    @Test func `cancel and retry move a job once each`() async throws {
        let id = try #require(try await createJob().json()["id"]?.string)
        let cancel = try await TestedFunction(CancelJob.self, environment: environment)
        let retry = try await TestedFunction(RetryJob.self, environment: environment)
        #expect(try await cancel.request(.post, "/api/v1/jobs/\(id)/cancel").json()["status"] == "canceled")
        #expect(await cancel.request(.post, "/api/v1/jobs/\(id)/cancel").status == 409)
        #expect(try await retry.request(.post, "/api/v1/jobs/\(id)/retry").json()["status"] == "queued")
        #expect(await retry.request(.post, "/api/v1/jobs/\(id)/retry").status == 409)
    }

    @Test func `a watcher gets server-sent events, from the last one it has seen`() async throws {
        let id = try #require(try await createJob().json()["id"]?.string)
        let cancel = try await TestedFunction(CancelJob.self, environment: environment)
        _ = await cancel.request(.post, "/api/v1/jobs/\(id)/cancel")
        let watch = try await TestedFunction(WatchJob.self, environment: environment)
        let all = await watch.request(.get, "/api/v1/jobs/\(id)/events")
        #expect(all.isStreamed && all.head?.headers["content-type"] == "text/event-stream")
        let blocks = all.text.split(separator: "\n\n")
        #expect(blocks.count == 2)
        #expect(blocks.first?.hasPrefix("event: status\nid: 1\ndata: {\"jobId\":\"\(id)\"") == true)
        let rest = await watch.request(.get, "/api/v1/jobs/\(id)/events", headers: ["last-event-id": "1"])
        #expect(rest.text.split(separator: "\n\n").count == 1 && rest.text.contains("canceled"))
        #expect(await watch.request(.get, "/api/v1/jobs/\(UUID().text)/events").status == 404)
        let wrong = await watch.request(.get, "/api/v1/jobs/\(id)/events", headers: ["last-event-id": "x"])
        #expect(wrong.status == 400)
    }

    @Test func `the timers run through, and the relay brings what Redis missed`() async throws {
        try await redis.kill()
        _ = try await createJob()
        let relay = try await TestedFunction(RelayOutbox.self, environment: environment)
        try await redis.restart()
        let reap = try await TestedFunction(ReapJobs.self, environment: environment)
        #expect(await reap.tick().failure == nil)
        let queue = GenerateQueue(try Redis(url: redis.url)).queue
        try await until {
            #expect(await relay.tick().failure == nil)
            return try await queue.depth().total == 1
        }
    }

    @Test func `health names each dependency, and is 503 when one is down`() async throws {
        let health = try await TestedFunction(Health.self, environment: environment)
        let up = await health.request(.get, "/api/v1/health")
        #expect(up.status == 200)
        for name in ["postgres", "redis", "storage"] {
            #expect(try up.json()["dependencies"]?[name]?["status"] == "up", "\(name)")
            #expect(try up.json()["dependencies"]?[name]?["latencyMs"]?.double ?? -1 >= 0)
        }
        try await redis.kill()
        let down = await health.request(.get, "/api/v1/health")
        #expect(down.status == 503)
        #expect(try down.json()["dependencies"]?["redis"]?["status"] == "down")
    }

    @Test func `a token is refused while there are no accounts`() async throws {
        #expect(try await createJob(headers: ["authorization": "Bearer x"]).status == 401)
    }

    @Test func `the API document is made of the functions' own descriptions`() throws {
        let manifest: JSON = [
            "functions": [
                FunctionDescription(of: CreateJob.self).json, FunctionDescription(of: WatchJob.self).json,
                FunctionDescription(of: RelayOutbox.self).json, FunctionDescription(of: ListJobs.self).json,
                FunctionDescription(of: GetWorkflow.self).json,
                FunctionDescription(
                    name: "Page", triggers: [.http(.get, "/"), .http(.get, "/assets/{file}")]
                ).json,
            ]
        ]
        let document = OpenAPIDocument(manifest).json
        #expect(document["openapi"] == "3.1.0")
        #expect(
            document["paths"]?.object?.keys == [
                "/", "/api/v1/jobs", "/api/v1/jobs/{id}/events", "/api/v1/workflows/{id}", "/assets/{file}",
            ])
        let create = document["paths"]?["/api/v1/jobs"]?["post"]
        #expect(create?["operationId"] == "CreateJob")
        let schema = create?["requestBody"]?["content"]?["application/json"]?["schema"]
        #expect(schema?["required"] == ["prompt"])
        #expect(schema?["properties"]?["priority"]?["enum"] == ["high", "normal", "low"])
        let parameter = document["paths"]?["/api/v1/jobs/{id}/events"]?["get"]?["parameters"]?[0]
        #expect(parameter?["name"] == "id" && parameter?["required"] == true)
        #expect(parameter?["schema"] == ["type": "string", "format": "uuid"])
        func named(_ path: String, _ method: String = "get") -> [String?] {
            (document["paths"]?[path]?[method]?["parameters"]?.array ?? []).map { $0["name"]?.string }
        }
        #expect(named("/api/v1/jobs") == ["status", "q", "cursor", "limit"])
        #expect(named("/api/v1/jobs", "post") == ["Idempotency-Key"])
        #expect(named("/api/v1/jobs/{id}/events") == ["id", "Last-Event-ID"])
        let parameters = document["paths"]?["/api/v1/jobs"]?["get"]?["parameters"]
        #expect(parameters?[0]?["schema"]?["items"]?["enum"]?.array?.contains("queued") == true)
        #expect(parameters?[3]?["in"] == "query" && parameters?[3]?["schema"] == ["type": "integer"])
        let workflow = document["paths"]?["/api/v1/workflows/{id}"]?["get"]?["parameters"]?[0]
        #expect(workflow?["schema"] == ["type": "string"])
        #expect(named("/assets/{file}") == ["file"])
        #expect(document["paths"]?["/"]?["get"]?["operationId"] == "getPage")
        #expect(document["paths"]?["/assets/{file}"]?["get"]?["operationId"] == "getPageAssetsFile")
    }
}
