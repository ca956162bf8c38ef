import Domain
import FoundationEssentials
import FunctionRuntime
import FunctionTesting
import HTTPClient
import JSON
import Testing

/// Following a prompt, with a server that says what it likes, in any order, and breaks when it likes.
@Suite(.timeLimit(.minutes(1)))
struct ComfyUIWatchTests {
    private typealias Move = ScriptedComfyUI.Move

    private static let done: JSON = [
        "outputs": ["9": ["images": [["filename": "a.png", "subfolder": "", "type": "output"]]]],
        "status": ["status_str": "success", "completed": true],
    ]

    private static func event(_ type: String, _ data: JSON) -> Move {
        .event(["type": .string(type), "data": data])
    }

    private static func progress(_ value: JSON, _ most: JSON, id: JSON? = "p1") -> Move {
        var data: JSONObject = ["value": value, "max": most]
        data["prompt_id"] = id
        return event("progress", .object(data))
    }

    /// A preview of type 4, with its metadata.
    private static func preview(_ picture: [UInt8], id: String) -> Move {
        let metadata = Array(#"{"prompt_id":"\#(id)"}"#.utf8)
        return .binary([0, 0, 0, 4, 0, 0, 0, UInt8(metadata.count)] + metadata + picture)
    }

    private static let end = event("execution_success", ["prompt_id": "p1"])

    /// Follows `p1`.
    ///
    /// - Parameter pause: how long looks beside the stream are apart: longer than the test, so that the stream decides.
    private func watch(
        _ server: ScriptedComfyUI, pause: Duration = .milliseconds(5)
    ) async throws -> (call: ProviderCall, news: [ProviderNews]) {
        let news = Shared<[ProviderNews]>([])
        let observer = ProviderObserver(
            schedule: PollSchedule(first: pause, factor: 1, longest: pause),
            report: { piece in news.withLock { $0.append(piece) } })
        let provider = try ComfyUI(Configuration(["COMFYUI_URL": server.url]), HTTPClient())
        let call = try await provider.watch(ProviderCall(requestID: "p1", state: .running(progress: nil)), observer)
        return (call, news.withLock { $0 })
    }

    private func isDrawn(_ call: ProviderCall) -> Bool {
        if case .succeeded = call.state { true } else { false }
    }

    @Test func `progress and previews are told, those of others and of no use are not`() async throws {
        let moves: [Move] = [
            Self.event("status", ["status": ["exec_info": ["queue_remaining": 1]], "sid": "p1"]),
            Self.event("execution_start", ["prompt_id": "p1"]), Self.progress(1, 4), Self.progress(3, 4, id: "p2"),
            Self.progress(2, 4, id: nil), Self.progress("x", 4), Self.progress(1, 0), Self.progress(9, 4),
            .binary([0, 0, 0, 1, 0, 0, 0, 2, 7, 7]), Self.preview([8], id: "p1"), Self.preview([9], id: "p2"),
            .binary([]), .binary([0, 0]), .binary([0, 0, 0, 1, 0, 0]), .binary([0, 0, 0, 4, 255, 255, 255, 255, 1]),
            .binary([0, 0, 0, 9, 1]), .event([]), .event(7), Self.event("a_type_of_tomorrow", ["prompt_id": "p1"]),
            Self.event("executing", ["node": "3", "prompt_id": "p1"]), .finish, Self.end,
        ]
        let (call, news) = try await watch(
            ScriptedComfyUI(id: "p1", moves: moves, after: Self.done), pause: .seconds(3))
        #expect(isDrawn(call))
        #expect(news == [.progress(0.25), .progress(0.5), .progress(1), .preview([7, 7]), .preview([8])])
    }

    private static let endings: [Move] = [
        end, event("execution_error", ["prompt_id": "p1"]), event("execution_interrupted", ["prompt_id": "p1"]),
        event("executing", ["node": nil, "prompt_id": "p1"]),
    ]

    @Test(arguments: endings.indices)
    func `each event that tells the end has the history read at once`(index: Int) async throws {
        let server = try ScriptedComfyUI(id: "p1", moves: [.finish, Self.endings[index]], after: Self.done)
        #expect(isDrawn(try await watch(server).call))
    }

    @Test func `the history may know the end later than the stream tells it`() async throws {
        // The stream ends with the event; queue and history change only when somebody has looked in between.
        let server = try ScriptedComfyUI(id: "p1", moves: [Self.end, .event([:]), .finish], after: Self.done)
        #expect(isDrawn(try await watch(server).call))
    }

    @Test func `the end of another prompt, or of nobody's, ends nothing`() async throws {
        let moves: [Move] = [
            Self.event("execution_success", ["prompt_id": "p2"]), Self.event("executing", ["node": nil]),
            Self.event("execution_success", [:]), Self.progress(2, 4), .finish, Self.end,
        ]
        let (call, news) = try await watch(
            ScriptedComfyUI(id: "p1", moves: moves, after: Self.done), pause: .seconds(3))
        #expect(isDrawn(call) && news == [.progress(0.5)])
    }

    private static let breaks: [[Move]] = [
        [.drop], [progress(1, 4), .drop], [.raw([0x81, 126, 1]), .drop], [.raw([0xFF, 0xFF, 0xFF])],
        [.raw([0x82, 127, 0, 0, 0, 0, 0xFF, 0xFF, 0xFF, 0xFF])], [.raw([0x81, 2, 0xC3, 0x28])],
    ]

    @Test(arguments: breaks.indices)
    func `a stream that breaks, or is none, is replaced by looking`(index: Int) async throws {
        let moves = [.finish] + Self.breaks[index]
        #expect(isDrawn(try await watch(ScriptedComfyUI(id: "p1", moves: moves, after: Self.done)).call))
    }

    @Test func `without a WebSocket the prompt is looked at`() async throws {
        let server = try ScriptedComfyUI(id: "p1", moves: nil, before: Self.done, after: Self.done)
        #expect(isDrawn(try await watch(server).call))
    }

    @Test func `a stream that stays silent is looked past: a deleted prompt has no events`() async throws {
        let server = try ScriptedComfyUI(id: "p1", moves: [.finish], after: nil)
        let error = await #expect(throws: ProviderError.self) { try await watch(server) }
        #expect(error?.retryClass == .lost && error?.call == .ended)
    }

    @Test func `a server that was restarted in the middle has lost the prompt`() async throws {
        let server = try ScriptedComfyUI(id: "p1", moves: [Self.progress(1, 4), .finish, .drop], after: nil)
        let error = await #expect(throws: ProviderError.self) { try await watch(server) }
        #expect(error?.retryClass == .lost && error?.call == .ended)
    }

    @Test func `the stream is asked for as the client that queued the prompt`() async throws {
        let server = try ScriptedComfyUI(id: "p1", moves: [.finish, Self.end], after: Self.done)
        _ = try await watch(server)
        #expect(server.requests.contains { $0.path == "/ws?clientId=p1" })
    }

    @Test func `a call that has ended is not followed`() async throws {
        let server = try ScriptedComfyUI(id: "p1", moves: [], after: nil)
        let provider = try ComfyUI(Configuration(["COMFYUI_URL": server.url]), HTTPClient())
        let ended = ProviderCall(requestID: "p1", state: .canceled)
        #expect(try await provider.watch(ended, .silent) == ended)
        #expect(server.requests.isEmpty)
    }
}
