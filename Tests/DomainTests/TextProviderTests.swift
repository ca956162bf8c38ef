import Domain
import FoundationEssentials
import FunctionRuntime
import FunctionTesting
import HTTPClient
import JSON
import Testing

@Suite(.timeLimit(.minutes(1)))
struct TextProviderTests {
    private static let names = ["openai", "gemini"]

    private func provider(_ name: String, _ server: LocalServer) throws -> any TextProvider {
        name == "openai"
            ? try OpenAI(
                Configuration([
                    "OPENAI_API_KEY": "k", "OPENAI_BASE_URL": server.url + "/v1", "OPENAI_TEXT_MODEL": "writer",
                ]), HTTPClient())
            : try Gemini(
                Configuration(["GEMINI_API_KEY": "k", "GEMINI_BASE_URL": server.url, "GEMINI_TEXT_MODEL": "writer"]),
                HTTPClient())
    }

    private static func answer(_ name: String, _ text: String, _ reason: String? = nil) -> JSON {
        name == "openai"
            ? [
                "choices": [
                    [
                        "message": ["role": "assistant", "content": .string(text), "refusal": nil],
                        "finish_reason": .string(reason ?? "stop"),
                    ]
                ]
            ]
            : [
                "candidates": [
                    [
                        "content": ["parts": [["text": "thinking", "thought": true], ["text": .string(text)]]],
                        "finishReason": .string(reason ?? "STOP"),
                    ]
                ]
            ]
    }

    private let request = TextRequest(instructions: "Name it.", text: "a fox in the snow")

    @Test(arguments: names) func `a text is written after the instructions`(name: String) async throws {
        let server = try LocalServer { _ in .init(body: Self.answer(name, "Snow Fox").serialized) }
        #expect(try await provider(name, server).complete(request) == "Snow Fox")
        let body = try JSON(parsing: server.requests[0].body)
        if name == "openai" {
            #expect(server.requests[0].path == "/v1/chat/completions")
            #expect(
                body == [
                    "model": "writer",
                    "messages": [
                        ["role": "system", "content": "Name it."], ["role": "user", "content": "a fox in the snow"],
                    ],
                ])
        } else {
            #expect(server.requests[0].path == "/v1beta/models/writer:generateContent")
            #expect(
                body == [
                    "systemInstruction": ["parts": [["text": "Name it."]]],
                    "contents": [["role": "user", "parts": [["text": "a fox in the snow"]]]],
                ])
        }
    }

    @Test(arguments: names, [true, false])
    func `a schema is passed on, strict where it is closed`(name: String, closed: Bool) async throws {
        let server = try LocalServer { _ in .init(body: Self.answer(name, "{}").serialized) }
        var schema: JSONObject = ["type": "object", "properties": ["title": ["type": "string"]]]
        if closed { schema["additionalProperties"] = false }
        var request = request
        request.schema = .object(schema)
        request.model = "other"
        #expect(try await provider(name, server).complete(request) == "{}")
        let body = try JSON(parsing: server.requests[0].body)
        if name == "openai" {
            #expect(
                body["response_format"] == [
                    "type": "json_schema",
                    "json_schema": ["name": "answer", "schema": .object(schema), "strict": .bool(closed)],
                ])
            #expect(body["model"] == "other")
        } else {
            #expect(
                body["generationConfig"] == [
                    "responseMimeType": "application/json", "responseJsonSchema": .object(schema),
                ])
            #expect(server.requests[0].path == "/v1beta/models/other:generateContent")
        }
    }

    private static let noes: [(String, Int, JSON, RetryClass)] = [
        ("openai", 200, answer("openai", "half a", "length"), .invalid),
        ("openai", 200, answer("openai", "", "content_filter"), .refused),
        ("openai", 200, ["choices": [["message": ["refusal": "no", "content": nil]]]], .refused),
        ("openai", 200, answer("openai", ""), .unavailable), ("openai", 200, [:], .unavailable),
        ("openai", 429, ["error": ["code": "insufficient_quota"]], .quota), ("openai", 503, [:], .unavailable),
        ("gemini", 200, answer("gemini", "half a", "MAX_TOKENS"), .invalid),
        ("gemini", 200, answer("gemini", "", "SAFETY"), .refused),
        ("gemini", 200, ["promptFeedback": ["blockReason": "SAFETY"]], .refused),
        ("gemini", 200, answer("gemini", ""), .unavailable), ("gemini", 200, [:], .unavailable),
        ("gemini", 429, [:], .limited(wait: nil)), ("gemini", 503, [:], .unavailable),
    ]

    @Test(arguments: noes) func `no text has its class`(
        name: String, status: Int, body: JSON, retryClass: RetryClass
    ) async throws {
        let server = try LocalServer { _ in .init(status: status, body: body.serialized) }
        let error = await #expect(throws: ProviderError.self) { try await provider(name, server).complete(request) }
        #expect(error?.retryClass == retryClass && server.requests.count == 1)
    }
}
