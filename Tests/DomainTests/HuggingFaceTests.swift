import Cryptography
import Domain
import FoundationEssentials
import FunctionRuntime
import FunctionTesting
import HTTPClient
import JSON
import Testing

/// What Hugging Face may answer, from a server that says what a test wants.
@Suite(.timeLimit(.minutes(1)))
struct HuggingFaceTests {
    private func provider(_ server: LocalServer, _ more: [String: String] = [:]) throws -> HuggingFace {
        let values = ["HF_TOKEN": "hf_secret", "HF_INFERENCE_URL": server.url + "/", "HF_MODEL": "acme/painter"]
        return try HuggingFace(Configuration(values.merging(more) { $1 }), HTTPClient())
    }

    private func request(
        _ parameters: JSONObject = [:], prompt: String = "a fox", image: Bool = false
    ) -> GenerationRequest {
        GenerationRequest(
            job: .version7(), call: .version7(), prompt: prompt, parameters: parameters,
            image: image ? .init(bytes: TestImages.png, format: .png) : nil)
    }

    private func drawing() throws -> LocalServer {
        try LocalServer { _ in .init(headers: ["Content-Type": "image/png"], body: TestImages.png) }
    }

    @Test func `a text becomes the bytes of the answer, in one exchange`() async throws {
        let server = try drawing()
        let request = request(["width": 64, "seed": 7])
        let call = try await provider(server).submit(request, .silent)
        #expect(call == ProviderCall(requestID: request.call.text, state: .succeeded([.bytes(TestImages.png)])))
        let sent = try #require(server.requests.first)
        #expect(sent.method == "POST" && sent.path == "/models/acme/painter")
        #expect(sent.headers["authorization"] == "Bearer hf_secret" && sent.headers["accept"] == "image/png")
        #expect(sent.headers["content-type"] == "application/json")
        #expect(try JSON(parsing: sent.body) == ["inputs": "a fox", "parameters": ["width": 64, "seed": 7]])
        #expect(server.requests.count == 1)
    }

    @Test func `no parameters are sent where there are none`() async throws {
        let server = try drawing()
        _ = try await provider(server).submit(request(), .silent)
        #expect(try JSON(parsing: server.requests[0].body) == ["inputs": "a fox"])
    }

    @Test func `a picture goes along as text with its prompt as a parameter, alone as its own bytes`() async throws {
        let server = try drawing()
        let provider = try provider(server)
        _ = try await provider.submit(request(["strength": 0.5], image: true), .silent)
        let body = try JSON(parsing: server.requests[0].body)
        #expect(body["inputs"]?.string == Base64.encode(TestImages.png))
        #expect(body["parameters"] == ["strength": 0.5, "prompt": "a fox"])
        _ = try await provider.submit(request(prompt: "", image: true), .silent)
        #expect(server.requests[1].body == TestImages.png)
        #expect(server.requests[1].headers["content-type"] == "image/png")
    }

    @Test func `a workflow's model is asked instead, and one that leads elsewhere is none`() async throws {
        let server = try drawing()
        var request = request()
        request.model = "other/model.v1"
        _ = try await provider(server).submit(request, .silent)
        #expect(server.requests[0].path == "/models/other/model.v1")
        for model in ["../x", "", "a//b", "a/..", "a b", "a?b=c", "https://x/y"] {
            request.model = model
            let error = await #expect(throws: ProviderError.self) {
                try await provider(server).submit(request, .silent)
            }
            #expect(error?.retryClass == .invalid, "\(model)")
        }
        #expect(server.requests.count == 1)
    }

    private static let refusals: [(Int, JSON, [String: String], RetryClass)] = [
        (400, ["error": "no such sampler"], [:], .invalid),
        (400, ["error": ["a", "b"], "warnings": []], [:], .invalid),
        (400, ["error": "The prompt was flagged as NSFW"], [:], .refused), (404, [:], [:], .invalid),
        (422, [], [:], .invalid), (413, nil, [:], .invalid),
        (401, ["error": "Invalid username or password."], [:], .quota), (403, [:], [:], .quota),
        (402, ["error": "no credits"], [:], .quota),
        (429, [:], ["RateLimit": "\"api\";r=0;t=55"], .limited(wait: .seconds(55))),
        (429, [:], ["RateLimit": "\"a\";r=3;t=5, \"b\"; r=0; t=20"], .limited(wait: .seconds(20))),
        (429, [:], ["RateLimit": "\"a\";r=3;t=5", "Retry-After": "9"], .limited(wait: .seconds(9))),
        (429, [:], ["RateLimit": "nonsense;;t=;r=0", "Retry-After": "9"], .limited(wait: .seconds(9))),
        (429, [:], ["RateLimit": "\"a\";r=0;t=-5"], .limited(wait: nil)),
        (429, [:], ["RateLimit": "\"a\";r=0;t=1e99"], .limited(wait: .seconds(86_400))),
        (429, [:], [:], .limited(wait: nil)),
        (503, ["error": "Model x is currently loading", "estimated_time": 20.5], [:], .limited(wait: .seconds(20.5))),
        (503, ["error": "loading", "estimated_time": 1e9], [:], .limited(wait: .seconds(120))),
        (503, ["error": "loading", "estimated_time": -1], [:], .limited(wait: .seconds(0))),
        (503, ["error": "loading", "estimated_time": "soon"], [:], .unavailable), (503, [:], [:], .unavailable),
        (500, ["error": "CUDA out of memory"], [:], .unavailable), (504, [:], [:], .unavailable),
        (424, ["error": "failed dependency"], [:], .unavailable),
    ]

    @Test(arguments: refusals)
    func `every answer that says no has its class, and no call is repeated`(
        status: Int, body: JSON, headers: [String: String], retryClass: RetryClass
    ) async throws {
        let server = try LocalServer { _ in .init(status: status, headers: headers, body: body.serialized) }
        let error = await #expect(throws: ProviderError.self) { try await provider(server).submit(request(), .silent) }
        #expect(error?.retryClass == retryClass && error?.call == .ended, "\(String(describing: error))")
        #expect(error?.message.contains("hf_secret") == false)
        #expect(server.requests.count == 1)
    }

    @Test func `a call that waits for a model does not count as an attempt`() {
        #expect(!RetryClass.limited(wait: .seconds(20)).countsAsAttempt)
    }

    @Test(arguments: [[], Array("{\"error\": \"x\"}".utf8), Array("<html>".utf8), [0x89, 0x50]])
    func `a success without a picture is none`(body: [UInt8]) async throws {
        let server = try LocalServer { _ in .init(headers: ["Content-Type": "image/png"], body: body) }
        let error = await #expect(throws: ProviderError.self) { try await provider(server).submit(request(), .silent) }
        #expect(error?.retryClass == .unavailable && error?.call == .ended)
    }

    @Test func `a picture of another kind than its type says is taken as what it is`() async throws {
        let server = try LocalServer { _ in .init(headers: ["Content-Type": "text/plain"], body: TestImages.png) }
        #expect(try await provider(server).submit(request(), .silent).state == .succeeded([.bytes(TestImages.png)]))
    }

    @Test func `an answer that breaks off is lost, one that comes byte by byte is not`() async throws {
        for kept in [0, 1, TestImages.png.count - 1] {
            let server = try LocalServer { _ in .init(body: TestImages.png, kept: kept) }
            let error = await #expect(throws: ProviderError.self) {
                try await provider(server).submit(request(), .silent)
            }
            #expect(error?.retryClass == .lost)
            #expect(server.requests.count == 1)
        }
        let slow = try LocalServer { _ in .init(body: TestImages.png, piece: 1) }
        #expect(try await provider(slow).submit(request(), .silent).state == .succeeded([.bytes(TestImages.png)]))
        #expect(slow.requests.count == 1)
    }

    @Test(arguments: [("HF_MODEL", "../x"), ("HF_INFERENCE_URL", "router.huggingface.co")])
    func `configuration that cannot be is named`(key: String, value: String) throws {
        let problem = #expect(throws: ConfigurationProblem.self) {
            try HuggingFace(Configuration(["HF_TOKEN": "t", key: value]), HTTPClient())
        }
        #expect(problem?.message.contains(value) == true)
    }
}
