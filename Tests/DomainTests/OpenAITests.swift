import Cryptography
import Domain
import FoundationEssentials
import FunctionRuntime
import FunctionTesting
import HTTPClient
import JSON
import Synchronization
import Testing

@Suite(.timeLimit(.minutes(1)))
struct OpenAITests {
    private func provider(_ server: LocalServer, _ more: [String: String] = [:]) throws -> OpenAI {
        let values = [
            "OPENAI_API_KEY": "sk-secret", "OPENAI_BASE_URL": server.url + "/v1/", "OPENAI_MODEL": "painter",
            "RESULT_ADDRESSES": "any",
        ]
        return try OpenAI(Configuration(values.merging(more) { $1 }), HTTPClient())
    }

    private func answering(_ status: Int, _ body: JSON, headers: [String: String] = [:]) throws -> LocalServer {
        try LocalServer { _ in .init(status: status, headers: headers, body: body.serialized) }
    }

    private static let picture = Base64.encode(TestImages.png)
    private static let plain: JSON = ["created": 1, "data": [["b64_json": .string(picture)]], "usage": [:]]

    private func request(
        _ parameters: JSONObject = [:], image: GenerationRequest.InputImage? = nil
    ) -> GenerationRequest {
        GenerationRequest(job: .version7(), call: .version7(), prompt: "a fox", parameters: parameters, image: image)
    }

    @Test func `asks with its key, its organisation and its project, once, and answers with the call's own id`()
        async throws
    {
        let server = try answering(200, Self.plain)
        let provider = try provider(server, ["OPENAI_ORG_ID": "org-1", "OPENAI_PROJECT_ID": "proj-1"])
        let request = request(["quality": "low"])
        let call = try await provider.submit(request, .silent)
        #expect(call == ProviderCall(requestID: request.call.text, state: .succeeded([.bytes(TestImages.png)])))
        let sent = try #require(server.requests.first)
        #expect(sent.method == "POST" && sent.path == "/v1/images/generations" && server.requests.count == 1)
        #expect(sent.headers["authorization"] == "Bearer sk-secret")
        #expect(sent.headers["openai-organization"] == "org-1" && sent.headers["openai-project"] == "proj-1")
        #expect(
            try JSON(parsing: sent.body) == [
                "quality": "low", "model": "painter", "prompt": "a fox", "stream": true, "partial_images": 2,
            ])
    }

    @Test(
        arguments: [
            (["aspect_ratio": "1:1"], ["size": "1024x1024"]), (["aspect_ratio": "3:2"], ["size": "1536x1024"]),
            (["aspect_ratio": "9:16"], ["size": "864x1536"]),
            (["aspect_ratio": "3:2", "size": "auto"], ["size": "auto"]),
            (["num_outputs": 1, "seed": 7, "output_format": "jpg"], ["n": 1, "output_format": "jpeg"]),
            // What the adapter decides, nobody else does.
            (["prompt": "x", "stream": false, "partial_images": 9, "response_format": "url", "model": "y"], [:]),
        ] as [(JSONObject, JSONObject)])
    func `the names every provider knows are put into OpenAI's words`(
        parameters: JSONObject, expected: JSONObject
    ) async throws {
        let server = try answering(200, Self.plain)
        _ = try await provider(server, ["OPENAI_PARTIAL_IMAGES": "0"]).submit(request(parameters), .silent)
        var wanted = expected
        wanted["model"] = "painter"
        wanted["prompt"] = "a fox"
        #expect(try JSON(parsing: server.requests[0].body) == .object(wanted))
    }

    @Test(arguments: ["4:1", "1:4", "0:1", "wide", "1:1:1", ""])
    func `a shape that OpenAI does not draw is refused before anything is sent`(shape: String) async throws {
        let server = try answering(200, Self.plain)
        let error = await #expect(throws: ProviderError.self) {
            try await provider(server).submit(request(["aspect_ratio": .string(shape)]), .silent)
        }
        #expect(error?.retryClass == .invalid && server.requests.isEmpty)
    }

    @Test(arguments: [["n": 2], ["output_format": "gif"], ["num_outputs": 3]] as [JSONObject])
    func `several pictures, and formats without parts, are asked for in one piece`(parameters: JSONObject) async throws
    {
        let server = try answering(200, ["data": [["b64_json": .string(Self.picture)], ["b64_json": "AQID"]]])
        let call = try await provider(server).submit(request(parameters), .silent)
        #expect(call.state == .succeeded([.bytes(TestImages.png), .bytes([1, 2, 3])]))
        #expect(try JSON(parsing: server.requests[0].body)["stream"] == nil)
    }

    @Test func `a picture to draw from makes an edit, in a form with each value its own part`() async throws {
        let server = try answering(200, Self.plain)
        let image = GenerationRequest.InputImage(bytes: TestImages.png, format: .png)
        _ = try await provider(server).submit(request(["n": 1, "knob": ["a": 1]], image: image), .silent)
        let sent = try #require(server.requests.first)
        #expect(sent.path == "/v1/images/edits")
        #expect(sent.headers["content-type"]?.hasPrefix("multipart/form-data; boundary=") == true)
        let form = String(decoding: sent.body, as: UTF8.self)
        for part in [
            "name=\"prompt\"\r\n\r\na fox\r\n", "name=\"model\"\r\n\r\npainter\r\n", "name=\"n\"\r\n\r\n1\r\n",
            "name=\"knob\"\r\n\r\n{\"a\":1}\r\n", "name=\"stream\"\r\n\r\ntrue\r\n",
            "name=\"partial_images\"\r\n\r\n2\r\n",
            "name=\"image[]\"; filename=\"input.png\"\r\nContent-Type: image/png\r\n",
        ] { #expect(form.contains(part), "\(part)") }
        #expect(sent.body.firstRange(of: TestImages.png) != nil)
    }

    @Test func `an output at an address is fetched without credentials`() async throws {
        let server = try LocalServer { request in
            request.path == "/out.png" ? .init(body: TestImages.png) : .init(status: 500)
        }
        let provider = try provider(server)
        #expect(try await provider.fetch(.address(server.url + "/out.png")) == TestImages.png)
        #expect(server.requests[0].headers["authorization"] == nil)
        #expect(try await provider.fetch(.bytes([1])) == [1])
    }

    @Test func `there is nothing to look at later`() async throws {
        let server = try answering(200, Self.plain)
        let error = await #expect(throws: ProviderError.self) { try await provider(server).poll("x") }
        #expect(error?.retryClass == .lost && error?.call == .ended && server.requests.isEmpty)
    }

    // MARK: Refusals

    private static func error(_ code: JSON, _ type: JSON = "invalid_request_error", param: JSON = .null) -> JSON {
        ["error": ["message": "it says why", "type": type, "param": param, "code": code]]
    }

    private static let refusals: [(Int, JSON, RetryClass, ProviderError.Call)] = [
        (400, error("moderation_blocked", "image_generation_user_error"), .refused, .ended),
        (400, error("content_policy_violation"), .refused, .ended),
        (400, error("invalid_value", param: "size"), .invalid, .ended),
        (404, error("model_not_found"), .invalid, .ended),
        (400, error("billing_hard_limit_reached"), .quota, .ended),
        (401, error("invalid_api_key"), .quota, .ended), (403, [:], .quota, .ended),
        (429, error("insufficient_quota", "insufficient_quota"), .quota, .ended),
        (429, error("rate_limit_exceeded", "requests"), .limited(wait: nil), .ended),
        (408, [:], .unavailable, .ended), (409, [:], .unavailable, .ended), (500, [:], .unavailable, .ended),
        (503, error(.null, "server_error"), .unavailable, .ended), (502, "a page", .unavailable, .ended),
        (422, ["error": "words instead of an object"], .invalid, .ended), (418, [1, 2], .invalid, .ended),
        (200, ["data": []], .unavailable, .ended), (200, [:], .unavailable, .ended),
        (200, ["data": [["b64_json": "no base64!"]]], .unavailable, .ended),
        (200, ["data": [["b64_json": ""]]], .unavailable, .ended),
        (200, ["data": [["url": "file:///etc/passwd"]]], .unavailable, .ended),
    ]

    @Test(arguments: refusals)
    func `every answer has its class, and no request is repeated`(
        status: Int, body: JSON, retryClass: RetryClass, call: ProviderError.Call
    ) async throws {
        let server = try answering(status, body)
        let error = await #expect(throws: ProviderError.self) { try await provider(server).submit(request(), .silent) }
        #expect(error?.retryClass == retryClass && error?.call == call)
        #expect(error?.message.contains("sk-secret") == false)
        #expect(server.requests.count == 1)
    }

    @Test func `what OpenAI says of a wrong key is not passed on, for it may repeat a part of it`() async throws {
        let server = try answering(401, ["error": ["message": "Incorrect API key provided: sk-se**et."]])
        let error = await #expect(throws: ProviderError.self) { try await provider(server).submit(request(), .silent) }
        #expect(error?.message.contains("sk-") == false && error?.message.contains("OPENAI_API_KEY") == true)
    }

    @Test(
        arguments: [
            (["retry-after-ms": "1500", "retry-after": "9"], .milliseconds(1500)), (["retry-after": "7"], .seconds(7)),
            (["retry-after": "7", "x-ratelimit-reset-requests": "1s"], .seconds(7)),
            (["x-ratelimit-reset-requests": "6m0s", "x-ratelimit-reset-tokens": "120ms"], .seconds(360)),
            (
                [
                    "x-ratelimit-reset-requests": "1h", "x-ratelimit-remaining-requests": "4",
                    "x-ratelimit-reset-tokens": "120ms", "x-ratelimit-remaining-tokens": "0",
                ], .milliseconds(120)
            ),
            (["retry-after": "Fri, 31 Dec 1999 23:59:59 GMT"], .zero), (["retry-after": "-1"], nil),
            (["retry-after": "soon"], nil), (["x-ratelimit-reset-requests": "later"], nil),
            (["retry-after": "99999999999999999999"], .seconds(86_400)),
        ] as [([String: String], Duration?)])
    func `a wait is taken from the most exact header`(headers: [String: String], wait: Duration?) async throws {
        let server = try answering(429, Self.error("rate_limit_exceeded"), headers: headers)
        let error = await #expect(throws: ProviderError.self) { try await provider(server).submit(request(), .silent) }
        #expect(error?.retryClass == .limited(wait: wait))
    }

    @Test(arguments: [(503, RetryClass.unavailable), (429, .limited(wait: nil)), (400, .invalid), (401, .quota)])
    func `a refusal that is cut off is a refusal all the same`(status: Int, retryClass: RetryClass) async throws {
        let server = try LocalServer { _ in .init(status: status, body: Array(#"{"error": {"co"#.utf8), kept: 5) }
        let error = await #expect(throws: ProviderError.self) { try await provider(server).submit(request(), .silent) }
        #expect(error?.retryClass == retryClass && error?.call == .ended)
    }

    @Test func `an answer that is larger than any picture is not asked for again`() async throws {
        let server = try LocalServer { _ in .init(headers: ["Content-Length": "1000000000"], body: [1]) }
        let error = await #expect(throws: ProviderError.self) { try await provider(server).submit(request(), .silent) }
        #expect(error?.retryClass == .invalid && error?.code == "provider_failed" && server.requests.count == 1)
    }

    @Test func `an answer with addresses, as other servers give, is one of addresses`() async throws {
        let server = try answering(200, ["data": [["url": "https://a/1.png"], ["url": "data:image/png;base64,AQID"]]])
        let call = try await provider(server).submit(request(), .silent)
        #expect(call.state == .succeeded([.address("https://a/1.png"), .bytes([1, 2, 3])]))
    }

    @Test func `a failure that says not to come back is not tried again`() async throws {
        let server = try answering(500, [:], headers: ["x-should-retry": "false"])
        let error = await #expect(throws: ProviderError.self) { try await provider(server).submit(request(), .silent) }
        #expect(error?.retryClass == .invalid && error?.code == "provider_failed")
    }

    @Test func `a connection that breaks leaves the call open, one that never came about does not`() async throws {
        let breaking = try LocalServer { _ in .init(breaks: true) }
        let lost = await #expect(throws: ProviderError.self) { try await provider(breaking).submit(request(), .silent) }
        #expect(lost?.retryClass == .lost && lost?.call == .goesOn && breaking.requests.count == 1)
        let nobody = try OpenAI(
            Configuration(["OPENAI_API_KEY": "sk", "OPENAI_BASE_URL": "http://127.0.0.1:1/v1"]), HTTPClient())
        let refused = await #expect(throws: ProviderError.self) { try await nobody.submit(request(), .silent) }
        #expect(refused?.retryClass == .unavailable && refused?.call == .ended)
    }

    @Test(arguments: [0, 1, 10, 40]) func `an answer that is cut off is lost, not a failure`(bytes: Int) async throws {
        let whole = Self.plain.serialized
        let server = try LocalServer { _ in
            .init(headers: ["Content-Length": "\(whole.count)"], body: Array(whole.prefix(bytes)))
        }
        let error = await #expect(throws: ProviderError.self) { try await provider(server).submit(request(), .silent) }
        #expect(error?.retryClass == .lost && error?.call == .goesOn)
        let short = try LocalServer { _ in .init(body: Array(whole.prefix(bytes))) }
        let noJSON = await #expect(throws: ProviderError.self) { try await provider(short).submit(request(), .silent) }
        #expect(noJSON?.retryClass == .lost && noJSON?.call == .goesOn)
    }

    @Test func `an answer that comes byte by byte is read to its end, with keys that nobody knows`() async throws {
        let body: JSON = [
            "created": "2026-01-01T00:00:00Z", "new": ["deep": [1]],
            "data": [["b64_json": .string(Self.picture), "url": .null, "revised_prompt": 7]],
        ]
        let server = try LocalServer { _ in .init(body: body.serialized, piece: 3) }
        let call = try await provider(server).submit(request(), .silent)
        #expect(call.state == .succeeded([.bytes(TestImages.png)]))
    }
}
