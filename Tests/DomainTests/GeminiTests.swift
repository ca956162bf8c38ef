import Cryptography
import Domain
import FoundationEssentials
import FunctionRuntime
import FunctionTesting
import HTTPClient
import JSON
import Testing

@Suite(.timeLimit(.minutes(1)))
struct GeminiTests {
    private func provider(_ server: LocalServer) throws -> Gemini {
        let values = [
            "GEMINI_API_KEY": "AIza-secret", "GEMINI_BASE_URL": server.url + "/", "GEMINI_MODEL": "painter",
        ]
        return try Gemini(Configuration(values), HTTPClient())
    }

    private func answering(_ status: Int, _ body: JSON, headers: [String: String] = [:]) throws -> LocalServer {
        try LocalServer { _ in .init(status: status, headers: headers, body: body.serialized) }
    }

    private static let inline: JSON = [
        "inlineData": ["mimeType": "image/png", "data": .string(Base64.encode(TestImages.png))]
    ]

    private static func answer(_ parts: [JSON], _ reason: JSON = "STOP") -> JSON {
        [
            "candidates": [
                ["content": ["role": "model", "parts": .array(parts)], "finishReason": reason, "index": 0]
            ],
            "usageMetadata": [:], "modelVersion": "painter", "responseId": "r1",
        ]
    }

    private func request(
        _ parameters: JSONObject = [:], image: GenerationRequest.InputImage? = nil, model: String? = nil
    ) -> GenerationRequest {
        GenerationRequest(
            job: .version7(), call: .version7(), prompt: "a fox", parameters: parameters, image: image, model: model)
    }

    @Test func `asks once, with its key in a header, and answers with the call's own id`() async throws {
        let server = try answering(200, Self.answer([["text": "Here it is:"], Self.inline]))
        let request = request(["aspect_ratio": "16:9", "image_size": "2K", "seed": 7, "top_p": 0.5, "num_outputs": 1])
        let call = try await provider(server).submit(request, .silent)
        #expect(call == ProviderCall(requestID: request.call.text, state: .succeeded([.bytes(TestImages.png)])))
        let sent = try #require(server.requests.first)
        #expect(sent.method == "POST" && sent.path == "/v1beta/models/painter:generateContent")
        #expect(sent.headers["x-goog-api-key"] == "AIza-secret" && server.requests.count == 1)
        #expect(
            try JSON(parsing: sent.body) == [
                "contents": [["role": "user", "parts": [["text": "a fox"]]]],
                "generationConfig": [
                    "responseModalities": ["TEXT", "IMAGE"], "seed": 7, "topP": 0.5,
                    "imageConfig": ["aspectRatio": "16:9", "imageSize": "2K"],
                ],
            ])
    }

    @Test func `a picture to draw from travels in the request; a workflow's model is asked for by its name`()
        async throws
    {
        let server = try answering(200, Self.answer([Self.inline]))
        let image = GenerationRequest.InputImage(bytes: [1, 2, 3], format: .webp)
        _ = try await provider(server).submit(request(image: image, model: "other"), .silent)
        _ = try await provider(server).submit(request(model: "tunedModels/mine"), .silent)
        #expect(
            server.requests.map(\.path) == [
                "/v1beta/models/other:generateContent", "/v1beta/tunedModels/mine:generateContent",
            ])
        #expect(
            try JSON(parsing: server.requests[0].body)["contents"]?[0]?["parts"]?[1] == [
                "inlineData": ["mimeType": "image/webp", "data": "AQID"]
            ])
    }

    @Test func `what the model thought on its way is no result, and keys that nobody knows do no harm`() async throws {
        let thought: JSON = ["thought": true, "inlineData": ["mimeType": "image/png", "data": "AQID"]]
        let snake: JSON = ["inline_data": ["mime_type": "image/png", "data": "BAUG"], "thoughtSignature": "x"]
        var body = Self.answer([thought, Self.inline, snake, ["executableCode": [:]], "odd"]).object!
        body["tomorrow"] = [["a": 1]]
        let server = try LocalServer { [body] _ in .init(body: JSON.object(body).serialized, piece: 5) }
        let call = try await provider(server).submit(request(), .silent)
        #expect(call.state == .succeeded([.bytes(TestImages.png), .bytes([4, 5, 6])]))
    }

    // MARK: Successes that are none

    private static let noes: [(JSON, RetryClass)] = [
        (["promptFeedback": ["blockReason": "PROHIBITED_CONTENT"]], .refused),
        (["promptFeedback": ["blockReason": "A_REASON_OF_TOMORROW"], "usageMetadata": [:]], .refused),
        (answer([], "IMAGE_SAFETY"), .refused), (answer([], "SAFETY"), .refused),
        (answer([], "IMAGE_PROHIBITED_CONTENT"), .refused), (answer([], "IMAGE_RECITATION"), .refused),
        (answer([inline], "IMAGE_SAFETY"), .refused), (answer([], "PUP_LIMITED_DISABLED"), .quota),
        (answer([["text": "I would rather not."]]), .unavailable), (answer([], "NO_IMAGE"), .unavailable),
        (answer([], "IMAGE_OTHER"), .unavailable), (answer([], "A_REASON_OF_TOMORROW"), .unavailable),
        (answer([], "MAX_TOKENS"), .invalid), (answer([["inlineData": ["data": "no picture"]]]), .unavailable),
        (answer([["inlineData": ["data": ""]]]), .unavailable),
        ([:], .unavailable), (["candidates": []], .unavailable), (["candidates": [["content": [:]]]], .unavailable),
        (["candidates": "none"], .unavailable),
    ]

    @Test(arguments: noes) func `a success without a picture has its class`(
        body: JSON, retryClass: RetryClass
    ) async throws {
        let server = try answering(200, body)
        let error = await #expect(throws: ProviderError.self) { try await provider(server).submit(request(), .silent) }
        #expect(error?.retryClass == retryClass && error?.call == .ended && server.requests.count == 1)
    }

    @Test func `words in place of a picture are passed on`() async throws {
        let server = try answering(200, Self.answer([["text": "Which fox?"]]))
        let error = await #expect(throws: ProviderError.self) { try await provider(server).submit(request(), .silent) }
        #expect(error?.message.contains("Which fox?") == true)
    }

    // MARK: Refusals

    private static func problem(_ status: String, _ details: [JSON] = []) -> JSON {
        ["error": ["code": 0, "message": "it says why", "status": .string(status), "details": .array(details)]]
    }

    private static func retry(_ delay: String) -> JSON {
        ["@type": "type.googleapis.com/google.rpc.RetryInfo", "retryDelay": .string(delay)]
    }

    private static func quota(_ id: String, _ value: JSON = "10") -> JSON {
        [
            "@type": "type.googleapis.com/google.rpc.QuotaFailure",
            "violations": [["quotaId": "Other"], ["quotaMetric": "m", "quotaId": .string(id), "quotaValue": value]],
        ]
    }

    private static let badKey: JSON = [
        "@type": "type.googleapis.com/google.rpc.ErrorInfo", "reason": "API_KEY_INVALID",
        "domain": "googleapis.com",
    ]

    private static let refusals: [(Int, JSON, RetryClass)] = [
        (
            429, problem("RESOURCE_EXHAUSTED", [quota("PerMinutePerProject"), retry("22s")]),
            .limited(wait: .seconds(22))
        ),
        (429, problem("RESOURCE_EXHAUSTED", [retry("0.25s")]), .limited(wait: .milliseconds(250))),
        (429, problem("RESOURCE_EXHAUSTED", [retry("soon")]), .limited(wait: nil)),
        (429, [problem("RESOURCE_EXHAUSTED", [retry("3s")])], .limited(wait: .seconds(3))),
        (429, problem("RESOURCE_EXHAUSTED"), .limited(wait: nil)), (429, [:], .limited(wait: nil)),
        (
            429,
            problem("RESOURCE_EXHAUSTED", [retry("22s"), quota("GenerateRequestsPerDayPerProjectPerModel-FreeTier")]),
            .quota
        ),
        (429, problem("RESOURCE_EXHAUSTED", [retry("22s"), quota("PerMinute", "0")]), .quota),
        (400, problem("INVALID_ARGUMENT"), .invalid), (400, problem("INVALID_ARGUMENT", [badKey]), .quota),
        (400, problem("FAILED_PRECONDITION"), .quota), (401, problem("UNAUTHENTICATED"), .quota),
        (403, problem("PERMISSION_DENIED"), .quota), (404, problem("NOT_FOUND"), .invalid),
        (499, problem("CANCELLED"), .unavailable), (500, problem("INTERNAL"), .unavailable),
        (503, problem("UNAVAILABLE"), .unavailable), (504, problem("DEADLINE_EXCEEDED"), .unavailable),
        (502, "a page", .unavailable), (418, [1, 2], .invalid),
    ]

    @Test(arguments: refusals) func `every refusal has its class, and no request is repeated`(
        status: Int, body: JSON, retryClass: RetryClass
    ) async throws {
        let server = try answering(status, body)
        let error = await #expect(throws: ProviderError.self) { try await provider(server).submit(request(), .silent) }
        #expect(error?.retryClass == retryClass && error?.call == .ended)
        #expect(error?.message.contains("AIza") == false && server.requests.count == 1)
    }

    @Test func `a wait in the header counts where the details have none`() async throws {
        let server = try answering(429, Self.problem("RESOURCE_EXHAUSTED"), headers: ["Retry-After": "7"])
        let error = await #expect(throws: ProviderError.self) { try await provider(server).submit(request(), .silent) }
        #expect(error?.retryClass == .limited(wait: .seconds(7)))
    }

    @Test(arguments: [nil, 0, 1, 30]) func `an answer that is cut off is lost`(bytes: Int?) async throws {
        let whole = Self.answer([Self.inline]).serialized
        let server = try LocalServer { _ in
            guard let bytes else { return .init(breaks: true) }
            return .init(headers: ["Content-Length": "\(whole.count)"], body: Array(whole.prefix(bytes)))
        }
        let error = await #expect(throws: ProviderError.self) { try await provider(server).submit(request(), .silent) }
        #expect(error?.retryClass == .lost && error?.call == .goesOn && server.requests.count == 1)
    }
}
