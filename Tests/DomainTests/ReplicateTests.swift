import Domain
import FoundationEssentials
import FunctionRuntime
import FunctionTesting
import HTTPClient
import JSON
import Synchronization
import Testing

@Suite(.timeLimit(.minutes(1)))
struct ReplicateTests {
    private func provider(
        _ server: LocalServer, model: String = "acme/painter", addresses: String = "any"
    ) throws -> Replicate {
        let values = [
            "REPLICATE_API_TOKEN": "r8_secret", "REPLICATE_BASE_URL": server.url + "/", "REPLICATE_MODEL": model,
            "RESULT_ADDRESSES": addresses,
        ]
        return try Replicate(Configuration(values), HTTPClient())
    }

    private func answering(_ status: Int, _ body: JSON, headers: [String: String] = [:]) throws -> LocalServer {
        try LocalServer { _ in .init(status: status, headers: headers, body: body.serialized) }
    }

    private let job = UUID.version7()
    private func request(_ parameters: JSONObject = [:]) -> GenerationRequest {
        GenerationRequest(job: job, prompt: "a fox", parameters: parameters)
    }

    @Test(arguments: [
        ("acme/painter", "/v1/models/acme/painter/predictions", nil as String?),
        ("acme/painter:abc", "/v1/predictions", "acme/painter:abc"),
        (String(repeating: "7", count: 64), "/v1/predictions", String(repeating: "7", count: 64)),
        ("deployments/acme/painter", "/v1/deployments/acme/painter/predictions", nil),
    ])
    func `a model is asked for where it belongs`(model: String, path: String, version: String?) async throws {
        let server = try answering(201, ["id": "p1", "status": "starting"])
        let call = try await provider(server, model: model).submit(request(["seed": 7]), .silent)
        #expect(call == ProviderCall(requestID: "p1", state: .running(progress: nil)))
        let sent = try #require(server.requests.first)
        #expect(sent.method == "POST" && sent.path == path)
        #expect(sent.headers["authorization"] == "Bearer r8_secret")
        let body = try JSON(parsing: sent.body)
        #expect(body["version"]?.string == version)
        #expect(body["input"] == ["seed": 7, "prompt": "a fox"])
        // Nothing here serves one.
        #expect(body["webhook"] == nil)
        #expect(server.requests.count == 1)
    }

    @Test func `the workflow's model counts before the configured one, and names where the picture goes`() async throws
    {
        let server = try answering(201, ["id": "p1", "status": "starting"])
        var request = request(["input_image": "smuggled"])
        request.model = "acme/editor"
        request.definition = ["image": "input_image"]
        request.image = .init(bytes: TestImages.png, format: .png)
        _ = try await provider(server, model: "acme/painter").submit(request, .silent)
        #expect(server.requests[0].path == "/v1/models/acme/editor/predictions")
        let input = try JSON(parsing: server.requests[0].body)["input"]
        #expect(input?["input_image"]?.string?.hasPrefix("data:image/png;base64,") == true && input?["image"] == nil)
    }

    @Test func `a call back is asked for at the end only`() async throws {
        let server = try answering(201, ["id": "p1", "status": "starting"])
        var request = request()
        request.webhook = "https://darkroom.example/api/v1/webhooks/replicate?job=7"
        _ = try await provider(server).submit(request, .silent)
        let body = try JSON(parsing: server.requests[0].body)
        #expect(body["webhook"]?.string == request.webhook && body["webhook_events_filter"] == ["completed"])
        // It is no part of the input that a lost call is found by.
        #expect(body["input"] == ["prompt": "a fox"])
    }

    @Test func `a lost call with a picture is found under the name the model has for it`() async throws {
        let prediction: JSON = [
            "id": "p1", "status": "starting", "created_at": "2099-01-01T00:00:00Z",
            "input": ["prompt": "a fox", "input_image": "https://files/1"],
        ]
        let server = try answering(200, ["results": [prediction]])
        var request = request()
        request.definition = ["image": "input_image"]
        #expect(try await provider(server).lookUp(request, since: Date()).map(\.requestID) == ["p1"])
    }

    @Test func `a small picture travels in the request, a large one is uploaded first`() async throws {
        let server = try LocalServer { request in
            request.path == "/v1/files"
                ? .init(status: 201, body: (["urls": ["get": "https://files/1"]] as JSON).serialized)
                : .init(status: 201, body: (["id": "p1", "status": "starting"] as JSON).serialized)
        }
        let provider = try provider(server)
        var small = request()
        small.image = .init(bytes: TestImages.png, format: .png)
        _ = try await provider.submit(small, .silent)
        let inline = try JSON(parsing: server.requests[0].body)["input"]?["image"]?.string
        #expect(inline?.hasPrefix("data:image/png;base64,iVBORw0KGgo") == true)
        var large = request()
        large.image = .init(bytes: [UInt8](repeating: 7, count: 256 << 10 + 1), format: .jpeg)
        _ = try await provider.submit(large, .silent)
        #expect(server.requests.map(\.path).dropFirst() == ["/v1/files", "/v1/models/acme/painter/predictions"])
        #expect(server.requests[1].headers["content-type"]?.hasPrefix("multipart/form-data") == true)
        #expect(try JSON(parsing: server.requests[2].body)["input"]?["image"] == "https://files/1")
    }

    private static let refusals: [(Int, JSON, RetryClass, ProviderError.Call)] = [
        (422, ["detail": "input.width is too large"], .invalid, .ended),
        (422, ["detail": "NSFW content detected"], .refused, .ended),
        (400, [:], .invalid, .ended), (404, ["detail": "no such model"], .invalid, .ended),
        (401, ["detail": "bad token"], .quota, .ended), (402, [:], .quota, .ended),
        (429, ["retry_after": 5], .limited(wait: .seconds(5)), .ended),
        (429, [:], .limited(wait: nil), .ended),
        (503, [:], .unavailable, .ended), (500, [:], .unavailable, .goesOn), (504, [:], .unavailable, .goesOn),
        (201, ["hello": "world"], .lost, .goesOn),
    ]

    @Test(arguments: refusals)
    func `every answer to a request has its class, and no request is repeated`(
        status: Int, body: JSON, retryClass: RetryClass, call: ProviderError.Call
    ) async throws {
        let server = try answering(status, body)
        let error = await #expect(throws: ProviderError.self) { try await provider(server).submit(request(), .silent) }
        #expect(error?.retryClass == retryClass && error?.call == call)
        #expect(error?.message.contains("r8_secret") == false)
        #expect(server.requests.count == 1)
    }

    @Test func `a wait in the header counts where the body has none`() async throws {
        let server = try answering(429, [:], headers: ["Retry-After": "7"])
        let error = await #expect(throws: ProviderError.self) { try await provider(server).submit(request(), .silent) }
        #expect(error?.retryClass == .limited(wait: .seconds(7)))
    }

    @Test func `a connection that breaks leaves the call open and is not tried again`() async throws {
        let server = try LocalServer { _ in .init(breaks: true) }
        let error = await #expect(throws: ProviderError.self) { try await provider(server).submit(request(), .silent) }
        #expect(error?.retryClass == .lost && error?.call == .goesOn)
        #expect(server.requests.count == 1)
    }

    private static let predictions: [(JSON, ProviderCall.State)] = [
        (["status": "starting"], .running(progress: nil)),
        (["status": "processing", "logs": "Using seed: 1\n 20%|██\n 40%|████"], .running(progress: 0.4)),
        (["status": "a status of tomorrow"], .running(progress: nil)),
        (["status": "succeeded", "output": "https://a/1.png"], .succeeded([.address("https://a/1.png")])),
        (
            ["status": "succeeded", "output": ["https://a/1.png", "https://a/2.png"]],
            .succeeded([.address("https://a/1.png"), .address("https://a/2.png")])
        ),
        (["status": "succeeded", "output": ["image": "https://a/1.png"]], .succeeded([.address("https://a/1.png")])),
        (["status": "succeeded", "output": "data:image/png;base64,AQID"], .succeeded([.bytes([1, 2, 3])])),
        (
            ["status": "succeeded", "output": nil],
            .failed(ProviderError(.unavailable, "Replicate finished without a picture"))
        ),
        (
            ["status": "failed", "error": "ran out of paint"],
            .failed(ProviderError(.invalid, "the model failed: ran out of paint", code: "provider_failed"))
        ),
        (
            ["status": "failed", "error": "Prediction interrupted; please retry (code: PA)"],
            .failed(
                ProviderError(
                    .unavailable, "the model was interrupted: Prediction interrupted; please retry (code: PA)"))
        ),
        (
            ["status": "failed", "error": "NSFW content detected."],
            .failed(ProviderError(.refused, "the model refused to draw this: NSFW content detected."))
        ),
        (["status": "canceled"], .canceled),
    ]

    @Test(arguments: predictions)
    func `every state of a prediction is understood`(prediction: JSON, state: ProviderCall.State) async throws {
        var members = prediction.object ?? [:]
        members["id"] = "p1"
        let server = try answering(200, .object(members))
        #expect(try await provider(server).poll("p1") == ProviderCall(requestID: "p1", state: state))
        #expect(server.requests.map(\.path) == ["/v1/predictions/p1"])
    }

    @Test func `an id that would lead elsewhere is no id`() async throws {
        let server = try answering(201, ["id": "../files", "status": "starting"])
        let error = await #expect(throws: ProviderError.self) { try await provider(server).submit(request(), .silent) }
        #expect(error?.retryClass == .lost)
    }

    @Test func `a prediction that is gone is lost and over, a server in trouble is asked again`() async throws {
        let forgetful = try answering(404, [:])
        let gone = await #expect(throws: ProviderError.self) { try await provider(forgetful).poll("p1") }
        #expect(gone?.retryClass == .lost && gone?.call == .ended)
        let troubled = try answering(500, [:])
        let busy = await #expect(throws: ProviderError.self) { try await provider(troubled).poll("p1") }
        #expect(busy?.retryClass == .unavailable && busy?.call == .goesOn)
        #expect(forgetful.requests.count == 1 && troubled.requests.count == 1)
    }

    @Test func `a lost call is found by its input, page after page, not beyond its time`() async throws {
        let intended = Date(timeIntervalSince1970: 1_800_000_000)
        func prediction(_ id: String, _ input: JSON, at offset: Double) -> JSON {
            let created = intended.addingTimeInterval(offset).formatted(.iso8601)
            return [
                "id": .string(id), "status": "processing", "input": input, "created_at": .string(created),
            ]
        }
        let pages: [String: JSON] = [
            "/v1/predictions": [
                "next": "/v1/predictions?cursor=2",
                "results": [
                    prediction("other", ["prompt": "a dog"], at: 9),
                    prediction("same", ["prompt": "a fox", "image": "https://x"], at: 8),
                ],
            ],
            "/v1/predictions?cursor=2": [
                "next": "/v1/predictions?cursor=3",
                "results": [
                    prediction("first", ["prompt": "a fox"], at: 1),
                    prediction("old", ["prompt": "a fox"], at: -100),
                ],
            ],
        ]
        let server = try LocalServer { request in
            .init(status: pages[request.path] == nil ? 404 : 200, body: pages[request.path]?.serialized ?? [])
        }
        let found = try await provider(server).lookUp(request(), since: intended)
        #expect(found.map(\.requestID) == ["same", "first"])
        #expect(server.requests.count == 2)
    }

    @Test func `a next page on another host gets no token`() async throws {
        let foreign = try answering(200, ["results": []])
        let page: JSON = [
            "next": .string(foreign.url + "/v1/predictions"),
            "results": [["id": "x", "input": [:], "created_at": "2099-01-01T00:00:00Z", "status": "starting"]],
        ]
        let server = try answering(200, page)
        #expect(try await provider(server).lookUp(request(), since: Date()).isEmpty)
        #expect(foreign.requests.isEmpty)
    }

    @Test func `results come without credentials, and never from a private address unless allowed`() async throws {
        let server = try LocalServer { _ in .init(body: TestImages.png) }
        let output = ProviderOutput.address(server.url + "/out.png")
        #expect(try await provider(server).fetch(output) == TestImages.png)
        #expect(server.requests[0].headers["authorization"] == nil)
        let error = await #expect(throws: ProviderError.self) {
            try await provider(server, addresses: "public").fetch(output)
        }
        #expect(error?.retryClass == .invalid && error?.message.contains("RESULT_ADDRESSES") == true)
        #expect(server.requests.count == 1)
    }

    @Test(arguments: [
        (404, RetryClass.lost, ProviderError.Call.ended), (500, .unavailable, .goesOn),
        (429, .limited(wait: nil), .goesOn),
        (302, .unavailable, .goesOn),
    ])
    func `a result that cannot be fetched says whether it will come back`(
        status: Int, retryClass: RetryClass, call: ProviderError.Call
    ) async throws {
        let server = try answering(status, [:])
        let error = await #expect(throws: ProviderError.self) {
            try await provider(server).fetch(.address(server.url + "/out.png"))
        }
        #expect(error?.retryClass == retryClass && error?.call == call)
    }

    @Test func `cancelling names the call and nothing else`() async throws {
        let server = try answering(200, ["id": "p1", "status": "canceled"])
        try await provider(server).cancel("p1")
        #expect(server.requests.map { "\($0.method) \($0.path)" } == ["POST /v1/predictions/p1/cancel"])
    }
}
