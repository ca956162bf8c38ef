import Domain
import FoundationEssentials
import FunctionRuntime
import FunctionTesting
import HTTPClient
import JSON
import Testing

@Suite(.timeLimit(.minutes(1)))
struct ComfyUITests {
    private let call = UUID.version7()

    private func provider(_ url: String, key: String? = nil, model: String? = nil) throws -> ComfyUI {
        var values = ["COMFYUI_URL": url + "/"]
        values["COMFYUI_API_KEY"] = key
        values["COMFYUI_MODEL"] = model
        return try ComfyUI(Configuration(values), HTTPClient())
    }

    private func answering(_ status: Int, _ body: JSON, headers: [String: String] = [:]) throws -> LocalServer {
        try LocalServer { _ in .init(status: status, headers: headers, body: body.serialized) }
    }

    private func request(_ parameters: JSONObject = [:], definition: JSON? = nil) -> GenerationRequest {
        GenerationRequest(
            job: .version7(), call: call, prompt: "a fox", parameters: parameters, definition: definition)
    }

    private static let definition: JSON = [
        "graph": [
            "a": ["class_type": "Text", "inputs": ["text": "old"]],
            "b": ["class_type": "Text", "inputs": ["text": "old", "steps": 3]],
            "z": ["class_type": "SaveImage", "inputs": ["images": ["b", 0]]],
        ],
        "inputs": [
            "prompt": [["node": "a", "field": "text"], ["node": "b", "field": "text"]],
            "steps": ["node": "b", "field": "steps"], "seed": ["node": "b", "field": "seed"],
        ],
        "output": ["node": "z"],
    ]

    private func sent(_ request: GenerationRequest, model: String? = nil) async throws -> JSON {
        let server = try answering(200, ["prompt_id": .string(call.text), "number": 1, "node_errors": [:]])
        _ = try await provider(server.url, model: model).submit(request, .silent)
        return try JSON(parsing: try #require(server.requests.last { $0.path == "/prompt" }).body)
    }

    // MARK: Submitting

    @Test func `named inputs get the request's values, and everything else stays`() async throws {
        let body = try await sent(request(["steps": 9, "unknown": 1], definition: Self.definition))
        #expect(body["prompt"]?["a"] == ["class_type": "Text", "inputs": ["text": "a fox"]])
        #expect(body["prompt"]?["b"]?["inputs"]?["text"] == "a fox")
        #expect(body["prompt"]?["b"]?["inputs"]?["steps"] == 9)
        #expect(body["prompt"]?["z"] == Self.definition["graph"]?["z"])
        #expect(body["prompt_id"]?.string == call.text && body["client_id"]?.string == call.text)
        #expect(body["extra_data"]?["darkroom"] == ["call": .string(call.text), "output": "z"])
    }

    @Test func `the seed is new for each call, the same when a call is sent again, and the user's where he gives one`()
        async throws
    {
        let seed = try await sent(request(definition: Self.definition))["prompt"]?["b"]?["inputs"]?["seed"]?.integer
        #expect(try #require(seed) >= 0)
        let again = try await sent(request(["seed": -1], definition: Self.definition))
        #expect(again["prompt"]?["b"]?["inputs"]?["seed"]?.integer == seed)
        var other = request(definition: Self.definition)
        other.call = .version7()
        #expect(try await sent(other)["prompt"]?["b"]?["inputs"]?["seed"]?.integer != seed)
        let chosen = try await sent(request(["seed": 7], definition: Self.definition))
        #expect(chosen["prompt"]?["b"]?["inputs"]?["seed"] == 7)
    }

    @Test func `the model is the workflow's, else the configured one, else the graph's own`() async throws {
        func checkpoint(_ model: String?, _ configured: String?) async throws -> String? {
            var request = request()
            request.model = model
            return try await sent(request, model: configured)["prompt"]?["4"]?["inputs"]?["ckpt_name"]?.string
        }
        #expect(try await checkpoint("mine", "configured") == "mine")
        #expect(try await checkpoint(nil, "configured") == "configured")
        #expect(try await checkpoint(nil, nil) == "v1-5-pruned-emaonly.safetensors")
    }

    @Test func `a picture is uploaded first and named as ComfyUI has stored it`() async throws {
        let server = try LocalServer { request in
            request.path == "/upload/image"
                ? .init(
                    body: (["name": "x (1).png", "subfolder": "darkroom", "type": "input"] as JSON).serialized)
                : .init(body: (["prompt_id": "p1"] as JSON).serialized)
        }
        var request = request()
        request.image = .init(bytes: TestImages.png, format: .png)
        #expect(try await provider(server.url).submit(request, .silent).requestID == "p1")
        #expect(server.requests.map(\.path) == ["/upload/image", "/prompt"])
        let form = String(decoding: server.requests[0].body, as: UTF8.self)
        #expect(form.contains("filename=\"\(call.text).png\"") && form.contains("name=\"overwrite\""))
        let graph = try JSON(parsing: server.requests[1].body)["prompt"]
        #expect(graph?["10"]?["inputs"]?["image"] == "darkroom/x (1).png")
        #expect(graph?["3"]?["inputs"]?["latent_image"] == ["11", 0])
    }

    private static let unusable: [(JSON, String)] = [
        ([:], "no graph"), (["graph": ["1": ["class_type": "A"]]], "no input \"prompt\""),
        (["graph": ["1": [:]], "inputs": ["prompt": ["node": "2", "field": "text"]]], "node 2"),
        (["graph": ["1": [:]], "inputs": ["prompt": "1.text"]], "\"prompt\" is not"),
        (["graph": ["1": [:]], "inputs": ["prompt": ["node": "1", "field": "text"]], "output": "9"], "node 9"),
        (
            [
                "graph": ["1": [:]],
                "inputs": ["prompt": ["node": "1", "field": "text"], "image": ["node": "1", "field": "image"]],
            ], "the request has none"
        ),
    ]

    @Test(arguments: unusable)
    func `a workflow that cannot be used says why, and nothing is sent`(definition: JSON, why: String) async throws {
        let server = try answering(200, [:])
        let error = await #expect(throws: ProviderError.self) {
            try await provider(server.url).submit(request(definition: definition), .silent)
        }
        #expect(error?.retryClass == .invalid && error?.message.contains(why) == true, "\(String(describing: error))")
        #expect(server.requests.isEmpty)
    }

    @Test func `a picture is not dropped in silence by a workflow that has no place for it`() async throws {
        let server = try answering(200, [:])
        var request = request(definition: Self.definition)
        request.image = .init(bytes: TestImages.png, format: .png)
        let error = await #expect(throws: ProviderError.self) {
            try await provider(server.url).submit(request, .silent)
        }
        #expect(error?.retryClass == .invalid && error?.message.contains("does not draw from pictures") == true)
        #expect(server.requests.isEmpty)
    }

    private static let nodeErrors: JSON = [
        "error": ["type": "prompt_outputs_failed_validation", "message": "Prompt outputs failed validation"],
        "node_errors": [
            "3": [
                "class_type": "KSampler",
                "errors": [
                    ["type": "value_smaller_than_min", "message": "Value 0 smaller than min of 1", "details": "steps"]
                ],
            ]
        ],
    ]

    private static let refusals: [(Int, JSON, RetryClass, ProviderError.Call)] = [
        (400, nodeErrors, .invalid, .ended), (413, [:], .invalid, .ended), (404, [:], .invalid, .ended),
        (401, [:], .quota, .ended), (402, [:], .quota, .ended), (403, [:], .quota, .ended),
        (429, [:], .limited(wait: .seconds(7)), .ended), (503, [:], .unavailable, .ended),
        (500, [:], .unavailable, .goesOn), (502, [:], .unavailable, .goesOn),
        (200, ["node_errors": [:]], .lost, .goesOn), (200, ["prompt_id": "../queue"], .lost, .goesOn),
        (200, ["prompt_id": 7], .lost, .goesOn),
    ]

    @Test(arguments: refusals)
    func `every answer to a prompt has its class, and no prompt is repeated`(
        status: Int, body: JSON, retryClass: RetryClass, call: ProviderError.Call
    ) async throws {
        let server = try answering(status, body, headers: ["Retry-After": "7"])
        let error = await #expect(throws: ProviderError.self) {
            try await provider(server.url, key: "comfy-secret").submit(request(), .silent)
        }
        #expect(error?.retryClass == retryClass && error?.call == call, "\(String(describing: error))")
        #expect(error?.message.contains("comfy-secret") == false)
        #expect(server.requests.map { $0.headers["x-api-key"] } == ["comfy-secret"])
    }

    @Test func `what is wrong at which node reaches the user`() async throws {
        let server = try answering(400, Self.nodeErrors)
        let error = await #expect(throws: ProviderError.self) {
            try await provider(server.url).submit(request(), .silent)
        }
        #expect(error?.message.contains("node 3 (KSampler): Value 0 smaller than min of 1: steps") == true)
    }

    @Test func `a connection that breaks leaves the prompt open, and it is found by its id`() async throws {
        let broken = try LocalServer { _ in .init(breaks: true) }
        let error = await #expect(throws: ProviderError.self) {
            try await provider(broken.url).submit(request(), .silent)
        }
        #expect(error?.retryClass == .lost && error?.call == .goesOn)
        let id = JSON.string(call.text)
        let elsewhere: JSON = [
            "queue_running": [[0, "other", [:], [:], []]], "queue_pending": [[1, id, [:], [:], []]],
        ]
        let server = try answering(200, elsewhere)
        #expect(try await provider(server.url).lookUp(request(), since: .now).map(\.requestID) == [call.text])
    }

    @Test func `a prompt that got another id is found by what travelled with it, in queue and history`() async throws {
        let extra: JSON = ["darkroom": ["call": .string(call.text)]]
        let queued = try answering(200, ["queue_running": [], "queue_pending": [[1, "p9", [:], extra, []]]])
        #expect(try await provider(queued.url).lookUp(request(), since: .now).map(\.requestID) == ["p9"])
        let entry: JSON = ["prompt": [0, "p8", [:], extra, []], "outputs": [:], "status": ["status_str": "error"]]
        let history: JSON = ["p7": ["prompt": [0, "p7", [:], [:], []]], "p8": entry]
        let server = try LocalServer { .init(body: ($0.path.hasPrefix("/history?") ? history : [:]).serialized) }
        #expect(try await provider(server.url).lookUp(request(), since: .now).map(\.requestID) == ["p8"])
    }

    // MARK: Looking

    private static func entry(_ status: JSON, outputs: JSON = [:], output: String? = nil) -> JSON {
        [
            "prompt": [0, "p1", [:], ["darkroom": ["output": output.map { .string($0) } ?? .null]], []],
            "outputs": outputs, "status": status,
        ]
    }

    private static func image(_ name: String, type: String = "output", subfolder: String = "") -> JSON {
        ["filename": .string(name), "subfolder": .string(subfolder), "type": .string(type)]
    }

    private static let success: JSON = ["status_str": "success", "completed": true, "messages": []]
    private static func stopped(_ event: String, _ data: JSON) -> JSON {
        ["status_str": "error", "completed": false, "messages": [["execution_start", [:]], [.string(event), data]]]
    }

    private static let entries: [(JSON, String)] = [
        (
            entry(success, outputs: ["9": ["images": [image("a b&.png", subfolder: "x/y")]]]),
            "a%20b%26.png&subfolder=x%2Fy&type=output"
        ),
        // Without a named node: what was saved, not what was only shown.
        (
            entry(
                success, outputs: ["8": ["images": [image("t.png", type: "temp")]], "9": ["images": [image("s.png")]]]),
            "s.png"
        ),
        (entry(success, outputs: ["8": ["images": [image("t.png", type: "temp")]]]), "t.png"),
        (
            entry(
                success, outputs: ["8": ["images": [image("no.png")]], "9": ["images": [image("yes.png")]]], output: "9"
            ), "yes.png"
        ),
        (entry(success, outputs: ["9": ["images": [image("a.png"), image("b.png")]]]), "a.png"),
        // Versions without a status.
        (["outputs": ["9": ["images": [image("old.png")]]]], "old.png"),
        (entry(success), "failed provider_unavailable"),
        (entry(success, outputs: ["9": ["text": ["x"]]]), "failed provider_unavailable"),
        (entry(stopped("execution_interrupted", ["node_id": "3"])), "canceled"),
        (
            entry(
                stopped(
                    "execution_error",
                    ["node_type": "KSampler", "exception_message": "bad", "exception_type": "ValueError"])),
            "failed provider_failed"
        ),
        (
            entry(stopped("execution_error", ["exception_type": "torch.OutOfMemoryError"])),
            "failed provider_unavailable"
        ),
        (entry(stopped("execution_error", ["exception_message": "NSFW content detected"])), "failed content_refused"),
        (entry(["status_str": "error", "messages": 7]), "failed provider_failed"),
        (7, "running"), ([:], "failed provider_unavailable"),
    ]

    @Test(arguments: entries)
    func `every entry of the history is understood`(entry: JSON, expected: String) async throws {
        let server = try LocalServer { request in
            let queue: JSON = ["queue_running": [[0, "p1", [:], [:], []]], "queue_pending": []]
            return .init(body: (request.path == "/queue" ? queue : ["p1": entry]).serialized)
        }
        let shown: String
        switch try await provider(server.url).poll("p1").state {
        case .running: shown = "running"
        case .canceled: shown = "canceled"
        case .failed(let error): shown = "failed \(error.code)"
        case .succeeded(let outputs):
            guard case .address(let address) = outputs[0] else { return }
            shown = address
        }
        #expect(shown == expected || shown.contains("/view?filename=\(expected)"), "\(shown)")
    }

    @Test func `in neither queue nor history it is lost and over: ComfyUI was restarted`() async throws {
        let server = try answering(200, [:])
        let error = await #expect(throws: ProviderError.self) { try await provider(server.url).poll("p1") }
        #expect(error?.retryClass == .lost && error?.call == .ended)
        // It may have ended between the two looks.
        #expect(server.requests.map(\.path) == ["/history/p1", "/queue", "/history/p1"])
    }

    @Test func `a prompt that ends between two looks is not lost`() async throws {
        let looks = Shared(0)
        let entry = Self.entry(Self.success, outputs: ["9": ["images": [Self.image("a.png")]]])
        let server = try LocalServer { request in
            let isSecond = looks.withLock { looks in
                if request.path == "/history/p1" { looks += 1 }
                return looks == 2
            }
            return .init(body: (isSecond ? ["p1": entry] : [:] as JSON).serialized)
        }
        guard case .succeeded = try await provider(server.url).poll("p1").state else {
            Issue.record("it was not found")
            return
        }
    }

    @Test(arguments: [404, 500, 503])
    func `a look that goes wrong is looked again`(status: Int) async throws {
        let server = try answering(status, [:])
        let error = await #expect(throws: ProviderError.self) { try await provider(server.url).poll("p1") }
        #expect(error?.call == (status == 404 ? .ended : .goesOn))
    }

    // MARK: Stopping and fetching

    private static let queues: [(JSON, JSON, [String])] = [
        (["queue_running": [[0, "p1"]]], [:], ["/interrupt"]),
        (["queue_pending": [[0, "p1"]]], [:], ["/queue"]),
        (["queue_pending": [[0, "p1"]]], ["queue_running": [[0, "p1"]]], ["/queue", "/interrupt"]),
        // Somebody else's runs: an interrupt could stop that.
        (["queue_running": [[0, "p2"]]], [:], []), ([:], [:], []),
    ]

    @Test(arguments: queues)
    func `only the prompt itself is stopped`(first: JSON, then: JSON, posts: [String]) async throws {
        let looks = Shared(0)
        let server = try LocalServer { request in
            guard request.method == "GET" else { return .init() }
            let look = looks.withLock { looks in
                looks += 1
                return looks
            }
            return .init(body: (look == 1 ? first : then).serialized)
        }
        try await provider(server.url).cancel("p1")
        let sent = server.requests.filter { $0.method == "POST" }
        #expect(sent.map(\.path) == posts)
        #expect(sent.allSatisfy { String(decoding: $0.body, as: UTF8.self).contains("p1") })
    }

    @Test func `a picture of ComfyUI's own comes with the key, and from a private address`() async throws {
        let server = try LocalServer { _ in .init(body: [1, 2, 3]) }
        let provider = try provider(server.url, key: "k")
        #expect(try await provider.fetch(.address(server.url + "/view?filename=a")) == [1, 2, 3])
        #expect(server.requests[0].headers["x-api-key"] == "k")
        // Another server's, which nobody configured, does not.
        let other = try LocalServer { _ in .init(body: [1]) }
        let error = await #expect(throws: ProviderError.self) {
            try await provider.fetch(.address(other.url + "/view?filename=a"))
        }
        #expect(error?.retryClass == .invalid && other.requests.isEmpty)
    }

    @Test(arguments: [(404, RetryClass.lost, ProviderError.Call.ended), (500, .unavailable, .goesOn)])
    func `a picture that cannot be fetched says whether it will come back`(
        status: Int, retryClass: RetryClass, call: ProviderError.Call
    ) async throws {
        let server = try answering(status, [:])
        let error = await #expect(throws: ProviderError.self) {
            try await provider(server.url).fetch(.address(server.url + "/view?filename=a"))
        }
        #expect(error?.retryClass == retryClass && error?.call == call)
    }
}
