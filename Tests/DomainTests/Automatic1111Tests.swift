import Cryptography
import Domain
import FoundationEssentials
import FunctionRuntime
import FunctionTesting
import HTTPClient
import JSON
import Testing

@Suite(.timeLimit(.minutes(1)))
struct Automatic1111Tests {
    private let call = UUID.version7()
    private static let picture = JSON.string(Base64.encode([1, 2, 3]))

    private func provider(_ url: String, auth: String? = nil, model: String? = nil) throws -> Automatic1111 {
        var values = ["AUTOMATIC1111_URL": url + "/"]
        values["AUTOMATIC1111_AUTH"] = auth
        values["AUTOMATIC1111_MODEL"] = model
        return try Automatic1111(Configuration(values), HTTPClient())
    }

    private func answering(_ status: Int, _ body: JSON) throws -> LocalServer {
        try LocalServer { request in
            request.method == "GET"
                ? .init(status: 404)
                : .init(status: status, headers: ["Retry-After": "7"], body: body.serialized)
        }
    }

    private func request(_ parameters: JSONObject = [:], definition: JSON? = nil) -> GenerationRequest {
        GenerationRequest(job: .version7(), call: call, prompt: "a fox", parameters: parameters, definition: definition)
    }

    private func sent(_ request: GenerationRequest, model: String? = nil) async throws -> (path: String, body: JSON) {
        let server = try answering(200, ["images": [Self.picture]])
        _ = try await provider(server.url, model: model).submit(request, .silent)
        let post = try #require(server.requests.first { $0.method == "POST" })
        return (post.path, try JSON(parsing: post.body))
    }

    @Test func `a call carries what the request may set, and nothing that runs scripts or writes files`() async throws {
        let (path, body) = try await sent(
            request(
                ["steps": 9, "alwayson_scripts": ["x": [:]], "save_images": true, "send_images": false],
                definition: ["tiling": true, "steps": 3]),
            model: "mine")
        #expect(path == "/sdapi/v1/txt2img")
        #expect(body["prompt"] == "a fox" && body["steps"] == 9 && body["tiling"] == true)
        #expect(body["alwayson_scripts"] == nil && body["save_images"] == false && body["send_images"] == true)
        #expect(body["force_task_id"]?.string == call.text)
        #expect(body["override_settings"] == ["sd_model_checkpoint": "mine"])
    }

    @Test func `without a model the one that is loaded stays, and a picture is drawn from`() async throws {
        #expect(try await sent(request()).body["override_settings"] == nil)
        var request = request()
        request.image = .init(bytes: TestImages.png, format: .png)
        let (path, body) = try await sent(request)
        #expect(path == "/sdapi/v1/img2img")
        #expect(body["init_images"]?[0]?.string == Base64.encode(TestImages.png))
    }

    private static let answers: [(JSON, [ProviderOutput])] = [
        (["images": [picture], "info": ""], [.bytes([1, 2, 3])]), (["images": [picture]], [.bytes([1, 2, 3])]),
        (["images": [.string("data:image/png;base64,AQID")]], [.bytes([1, 2, 3])]),
        // A contact sheet comes first.
        (
            ["images": ["BQ==", picture, "Bg=="], "info": #"{"index_of_first_image":1}"#],
            [.bytes([1, 2, 3]), .bytes([6])]
        ),
        (["images": [picture], "info": #"{"index_of_first_image":5}"#], [.bytes([1, 2, 3])]),
        (["images": [picture], "info": #"{"index_of_first_image":-1}"#], [.bytes([1, 2, 3])]),
        (["images": [7, "", "no base64!", picture]], [.bytes([1, 2, 3])]),
    ]

    @Test(arguments: answers)
    func `every form of an answer is understood`(body: JSON, outputs: [ProviderOutput]) async throws {
        let server = try answering(200, body)
        let ended = try await provider(server.url).submit(request(), .silent)
        #expect(ended == ProviderCall(requestID: call.text, state: .succeeded(outputs)))
    }

    private static let refusals: [(Int, JSON, RetryClass, String)] = [
        (401, ["detail": "Incorrect username or password"], .quota, "AUTOMATIC1111_AUTH"),
        (404, ["detail": "Not Found"], .invalid, "--api"), (404, ["detail": "Sampler not found"], .invalid, "Sampler"),
        (
            422, ["detail": [["loc": ["body", "steps"], "msg": "no integer", "type": "x"]]], .invalid,
            "body.steps: no integer"
        ),
        (422, ["detail": "NSFW content detected"], .refused, "NSFW"), (429, [:], .limited(wait: .seconds(7)), "wait"),
        (500, ["error": "OutOfMemoryError", "errors": "CUDA out of memory"], .unavailable, "CUDA"),
        (503, [:], .unavailable, "503"), (200, ["images": []], .unavailable, "without a picture"),
        (200, [:], .unavailable, "without a picture"),
    ]

    @Test(arguments: refusals)
    func `every refusal has its class, and no call is repeated`(
        status: Int, body: JSON, retryClass: RetryClass, word: String
    ) async throws {
        let server = try answering(status, body)
        let error = await #expect(throws: ProviderError.self) {
            try await provider(server.url, auth: "user:secret").submit(request(), .silent)
        }
        #expect(
            error?.retryClass == retryClass && error?.message.contains(word) == true, "\(String(describing: error))")
        #expect(error?.message.contains("secret") == false)
        let posts = server.requests.filter { $0.method == "POST" }
        #expect(posts.map { $0.headers["authorization"] } == ["Basic \(Base64.encode(Array("user:secret".utf8)))"])
    }

    @Test func `a connection that breaks loses the call, which cannot be found again`() async throws {
        let server = try LocalServer { _ in .init(breaks: true) }
        let error = await #expect(throws: ProviderError.self) {
            try await provider(server.url).submit(request(), .silent)
        }
        #expect(error?.retryClass == .lost)
        #expect(server.requests.filter { $0.method == "POST" }.count == 1)
    }

    private static let tasks: [(JSON, Bool)] = [
        (["current_task": "mine"], true), (["current_task": "another's"], false), (["current_task": nil], false),
        ([:], false),
    ]

    @Test(arguments: tasks)
    func `only the call itself is interrupted`(progress: JSON, isInterrupted: Bool) async throws {
        let server = try LocalServer { .init(body: ($0.method == "GET" ? progress : [:]).serialized) }
        try await provider(server.url).cancel("mine")
        #expect(
            server.requests.filter { $0.method == "POST" }.map(\.path) == (isInterrupted ? ["/sdapi/v1/interrupt"] : [])
        )
    }
}
