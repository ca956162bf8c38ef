import Domain
import FoundationEssentials
import FunctionRuntime
import FunctionTesting
import HTTPClient
import JSON
import Synchronization
import Testing

/// Following a request on fal.ai by its stream of statuses.
@Suite(.timeLimit(.minutes(1)))
struct FalWatchTests {
    private let call = ProviderCall(requestID: "a/b/requests/r1", state: .running(progress: nil))
    private let picture = ProviderCall.State.succeeded([.address("https://a/1.png")])

    private func provider(_ server: LocalServer) throws -> Fal {
        try Fal(
            Configuration(["FAL_KEY": "k", "FAL_QUEUE_URL": server.url, "RESULT_ADDRESSES": "any"]), HTTPClient())
    }

    /// A server with this stream, a completed request, and a picture as its result.
    private func server(
        stream: [UInt8], type: String = "text/event-stream; charset=utf-8", status: Int = 200, kept: Int? = nil,
        piece: Int? = nil, results: Int = 200
    ) throws -> LocalServer {
        try LocalServer { sent in
            if sent.path.hasSuffix("/status/stream?logs=1") {
                return .init(
                    status: status, headers: ["Content-Type": type], body: stream, piece: piece, kept: kept)
            }
            if sent.path.hasSuffix("/status?logs=1") {
                return .init(body: (["status": "COMPLETED", "logs": nil] as JSON).serialized)
            }
            return .init(status: results, body: (["images": [["url": "https://a/1.png"]]] as JSON).serialized)
        }
    }

    private func events(_ events: [String]) -> [UInt8] {
        Array(events.map { "data: \($0)\n\n" }.joined().utf8)
    }

    private func paths(_ server: LocalServer) -> [String] {
        server.requests.map { String($0.path.dropFirst("/a/b/requests/r1".count)) }
    }

    private static let running = #"{"status":"IN_PROGRESS","logs":[{"message":"50%|"}]}"#
    private static let completed = #"{"status":"COMPLETED","logs":null,"metrics":{}}"#

    @Test(arguments: [
        [#"{"status":"IN_QUEUE","queue_position":1}"#, running, completed], [completed],
        [running, #"{"status":"IN_QUEUE"}"#, running, completed],
        [#"{"status":"TOMORROW"}"#, "no json", "[]", #"{"status":9}"#, #"{"logs":[]}"#, completed],
        [completed, running, completed],
    ])
    func `the stream is followed to its end, in whatever order its statuses come`(order: [String]) async throws {
        let server = try server(stream: events(order))
        #expect(try await provider(server).watch(call, .silent).state == picture)
        #expect(paths(server) == ["/status/stream?logs=1", ""])
        #expect(server.requests.allSatisfy { $0.headers["authorization"] == "Key k" })
    }

    @Test func `progress is told as it comes`() async throws {
        let told = Told()
        let observer = ProviderObserver { news in told.add(news) }
        let server = try server(stream: events([Self.running, Self.completed]))
        _ = try await provider(server).watch(call, observer)
        #expect(paths(server).count == 2)
        #expect(told.news == [.progress(0.5)])
    }

    @Test func `a status that names a failure ends the call without a look at its result`() async throws {
        let failed = #"{"status":"COMPLETED","error":"gone","error_type":"runner_disconnected","logs":null}"#
        let server = try server(stream: events([failed]))
        let ended = try await provider(server).watch(call, .silent)
        #expect(ended.state == .failed(ProviderError(.unavailable, "the model was interrupted: gone")))
        #expect(paths(server) == ["/status/stream?logs=1"])
    }

    @Test func `a stream that ends, breaks or is none is replaced by looks`() async throws {
        let whole = events([Self.running, Self.completed])
        for server in [
            try server(stream: events([Self.running])), try server(stream: []),
            try server(stream: whole, kept: whole.count - 8), try server(stream: whole, kept: 0),
            try server(stream: Array("{}".utf8), type: "application/json"),
            try server(stream: [], type: "text/html", status: 405), try server(stream: [], status: 503),
            try server(stream: [0xff, 0xfe, 0x00]), try server(stream: Array("data: \(Self.completed)".utf8)),
        ] {
            #expect(try await provider(server).watch(call, .brisk).state == picture)
            #expect(paths(server) == ["/status/stream?logs=1", "/status?logs=1", ""])
        }
    }

    @Test func `a slow stream is followed byte by byte`() async throws {
        let server = try server(stream: events([Self.running, Self.completed]), piece: 1)
        #expect(try await provider(server).watch(call, .silent).state == picture)
        #expect(paths(server).count == 2)
    }

    @Test func `a call-back ends the wait for the stream, and the truth is looked at`() async throws {
        let endless = events(Array(repeating: Self.running, count: 10_000))
        let server = try server(stream: endless, piece: 1)
        // As if the provider had called already: no pause lasts.
        let called = ProviderObserver(
            schedule: PollSchedule(first: .milliseconds(1), factor: 1, longest: .milliseconds(1)), pause: { _ in },
            report: { _ in })
        #expect(try await provider(server).watch(call, called).state == picture)
        #expect(paths(server).suffix(2) == ["/status?logs=1", ""])
    }

    @Test func `a result that does not come at once is looked for again, and not without end`() async throws {
        let server = try server(stream: events([Self.completed]), results: 502)
        let error = await #expect(throws: ProviderError.self) { try await provider(server).watch(call, .brisk) }
        #expect(error?.retryClass == .unavailable && error?.call == .goesOn)
        #expect(paths(server).count { $0.isEmpty } == 1 + PollSchedule().failures + 1)
    }

    @Test func `a call that is over is not followed`() async throws {
        let server = try server(stream: [])
        let over = ProviderCall(requestID: "a/b/requests/r1", state: .canceled)
        #expect(try await provider(server).watch(over, .silent) == over)
        #expect(server.requests.isEmpty)
    }
}

extension ProviderObserver {
    /// Looks often.
    fileprivate static var brisk: ProviderObserver {
        ProviderObserver(
            schedule: PollSchedule(first: .milliseconds(1), factor: 1, longest: .milliseconds(1)), report: { _ in })
    }
}

/// The news that came.
private final class Told: Sendable {
    private let list = Mutex<[ProviderNews]>([])
    var news: [ProviderNews] { list.withLock { $0 } }

    func add(_ news: ProviderNews) { list.withLock { $0.append(news) } }
}
