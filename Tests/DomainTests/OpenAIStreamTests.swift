import Cryptography
import Domain
import FoundationEssentials
import FunctionRuntime
import FunctionTesting
import Glibc
import HTTPClient
import JSON
import Synchronization
import Testing

@Suite(.timeLimit(.minutes(1)))
struct OpenAIStreamTests {
    private func provider(_ server: LocalServer) throws -> OpenAI {
        try OpenAI(
            Configuration(["OPENAI_API_KEY": "sk-secret", "OPENAI_BASE_URL": server.url + "/v1"]), HTTPClient())
    }

    private let request = GenerationRequest(job: .version7(), prompt: "a fox")
    private static let picture = Base64.encode(TestImages.png)

    /// The text of a stream of these events.
    private static func stream(_ events: [(String?, JSON)]) -> [UInt8] {
        Array(
            events.map { name, data in
                (name.map { "event: \($0)\n" } ?? "") + "data: \(data.text)\n\n"
            }.joined().utf8)
    }

    private static func partial(_ data: String, kind: String = "image_generation") -> (String?, JSON) {
        let type = "\(kind).partial_image"
        return (type, ["type": .string(type), "b64_json": .string(data), "partial_image_index": 0])
    }

    private static func completed(_ data: String = picture, kind: String = "image_generation") -> (String?, JSON) {
        ("\(kind).completed", ["type": .string("\(kind).completed"), "b64_json": .string(data), "usage": [:]])
    }

    private func streaming(_ body: [UInt8], piece: Int? = nil, length: Int? = nil) throws -> LocalServer {
        try LocalServer { _ in
            var headers = ["Content-Type": "text/event-stream; charset=utf-8"]
            if let length { headers["Content-Length"] = String(length) }
            return .init(headers: headers, body: body, piece: piece)
        }
    }

    /// Submits and notes what is observed.
    private func submit(to server: LocalServer) async throws -> (ProviderCall, [ProviderNews]) {
        let news = Mutex<[ProviderNews]>([])
        let call = try await provider(server).submit(
            request, ProviderObserver { one in news.withLock { $0.append(one) } })
        return (call, news.withLock { $0 })
    }

    private static let dialects: [[(String?, JSON)]] = [
        [partial("AQ=="), partial("Ag=="), completed()],
        [partial("AQ==", kind: "image_edit"), partial("Ag==", kind: "image_edit"), completed(kind: "image_edit")],
        // Without names of events, with events and keys of the future, a preview that is none, and after the picture anything.
        [
            (nil, ["type": "image_generation.queued", "place": 3]), ("ping", [:]), partial("AQ=="),
            partial("no picture"), partial(""),
            (nil, ["type": "image_generation.partial_image", "b64_json": "Ag==", "extra": [1], "error": nil]),
            ("image_generation.partial_image", ["type": "image_generation.partial_image"]), completed(), ("error", [:]),
        ],
    ]

    @Test(arguments: dialects, [nil, 1, 7])
    func `partial pictures are shown in order, the whole one is the result`(
        events: [(String?, JSON)], piece: Int?
    ) async throws {
        let server = try streaming(Self.stream(events), piece: piece)
        let (call, news) = try await submit(to: server)
        #expect(call.state == .succeeded([.bytes(TestImages.png)]))
        #expect(news == [.preview([1]), .preview([2])])
        #expect(server.requests.count == 1)
    }

    @Test func `the picture counts although the stream does not end`() async throws {
        let body = Self.stream([Self.completed()])
        let server = try LocalServer { _ in
            var answer = LocalServer.Answer()
            answer.takeover = { connection in
                let head = "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nConnection: close\r\n\r\n"
                let bytes = Array(head.utf8) + body
                _ = bytes.withUnsafeBytes { send(connection, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL)) }
                // Until the client has had enough.
                var byte: UInt8 = 0
                while recv(connection, &byte, 1, 0) > 0 {}
                close(connection)
            }
            return answer
        }
        #expect(try await submit(to: server).0.state == .succeeded([.bytes(TestImages.png)]))
    }

    @Test(arguments: [nil, 1000]) func `a stream without its picture is lost`(missing: Int?) async throws {
        var body = Self.stream([Self.partial("AQ=="), Self.completed()])
        body.removeLast()
        let server = try streaming(body, length: missing.map { body.count + $0 })
        let error = await #expect(throws: ProviderError.self) { try await provider(server).submit(request, .silent) }
        #expect(error?.retryClass == .lost && error?.call == .goesOn && server.requests.count == 1)
        let done = try streaming(Array("data: [DONE]\n\n".utf8))
        let early = await #expect(throws: ProviderError.self) { try await provider(done).submit(request, .silent) }
        #expect(early?.retryClass == .lost)
    }

    private static let errors: [((String?, JSON), RetryClass)] = [
        (("error", ["error": ["code": "moderation_blocked", "message": "no"]]), .refused),
        ((nil, ["type": "error", "code": "moderation_blocked", "message": "no"]), .refused),
        ((nil, ["type": "error", "error": ["type": "server_error"]]), .unavailable),
        ((nil, ["error": ["type": "server_error", "message": "we stumbled"]]), .unavailable),
        (("error", ["error": ["code": "rate_limit_exceeded"]]), .limited(wait: nil)),
        (("error", ["error": ["code": "insufficient_quota"]]), .quota),
        (("error", ["error": ["code": "a_code_of_tomorrow"]]), .invalid), (("error", "words"), .invalid),
        (completed("no picture"), .unavailable), (completed(""), .unavailable),
    ]

    @Test(arguments: errors) func `an error in the middle of the stream has its class`(
        event: (String?, JSON), retryClass: RetryClass
    ) async throws {
        let server = try streaming(Self.stream([Self.partial("AQ=="), event, Self.completed()]))
        let error = await #expect(throws: ProviderError.self) { try await provider(server).submit(request, .silent) }
        #expect(error?.retryClass == retryClass && error?.call == .ended)
    }

    @Test(arguments: ["stream", "partial_images"])
    func `a server that does not stream is asked once more without`(parameter: String) async throws {
        let plain: JSON = ["data": [["b64_json": .string(Self.picture)]]]
        let server = try LocalServer { request in
            let asksForStream = (try? JSON(parsing: request.body))?["stream"] == true
            let problem: JSON = ["error": ["message": "Unknown parameter", "param": .string(parameter)]]
            return asksForStream ? .init(status: 400, body: problem.serialized) : .init(body: plain.serialized)
        }
        let (call, news) = try await submit(to: server)
        #expect(call.state == .succeeded([.bytes(TestImages.png)]) && news.isEmpty)
        #expect(server.requests.count == 2)
        let last = try JSON(parsing: server.requests[1].body)
        #expect(last["stream"] == nil && last["partial_images"] == nil)
    }

    @Test func `only a refusal of the stream itself is asked about again`() async throws {
        for (status, parameter) in [(400, "size"), (500, "stream"), (429, "stream")] {
            let server = try LocalServer { _ in
                .init(status: status, body: (["error": ["param": .string(parameter)]] as JSON).serialized)
            }
            await #expect(throws: ProviderError.self) { try await provider(server).submit(request, .silent) }
            #expect(server.requests.count == 1)
        }
    }
}
