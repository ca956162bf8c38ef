import Domain
import FoundationEssentials
import FunctionRuntime
import HTTPClient
import JSON
import Logging
import ProviderStandIns
import Testing

/// An adapter with a stand-in of its own in this process.
struct StandInWorld: Sendable {
    let provider: any ImageProvider
    /// What the stand-in is told the functions' configuration is; its values are what must not leak.
    let settings: [String: String]
    /// Parameters that keep the picture small.
    private let small: JSONObject
    private let name: String
    private let url: String
    private let client: HTTPClient

    /// Runs `body` with an adapter that is connected to a fresh stand-in.
    ///
    /// - Parameter rewrite: changes the variables that the adapter is made from: to lead it through a proxy.
    static func run(
        _ adapter: Adapter, knobs: JSON = ["latency_ms": 40],
        rewrite: @Sendable (String, Int) -> String = { value, _ in value },
        _ body: @Sendable (StandInWorld) async throws -> Void
    ) async throws {
        let client = HTTPClient()
        let (ports, running) = AsyncStream.makeStream(of: Int.self)
        let server = StandInServer(
            host: "127.0.0.1", port: 0, httpClient: client, logger: Logger(label: "test"),
            onRunning: { running.yield($0) })
        try await withThrowingTaskGroup { group in
            group.addTask { try await server.run() }
            let port = try #require(await ports.first { _ in true })
            let all = server.settings(port: port).reduce(into: [:]) { $0.merge($1.values) { first, _ in first } }
            var settings = all.filter { variable in adapter.type.environment.contains { $0.name == variable.key } }
            for (key, value) in settings { settings[key] = rewrite(value, port) }
            settings["RESULT_ADDRESSES"] = "any"
            let world = StandInWorld(
                provider: try adapter.type.init(Configuration(settings), client), settings: settings,
                small: adapter.small, name: adapter.name, url: "http://127.0.0.1:\(port)", client: client)
            try await world.set(knobs)
            try await body(world)
            group.cancelAll()
        }
    }

    /// Changes how the stand-in behaves.
    func set(_ knobs: JSON) async throws {
        let request = HTTPClient.Request(
            .put, "\(url)/_stand-in/knobs/\(name)", headers: ["content-type": "application/json"],
            body: .bytes(knobs.serialized))
        let response = try await client.execute(request)
        let text = String(decoding: try await response.body.collect(upTo: 1 << 20), as: UTF8.self)
        #expect(response.isSuccess, "\(text)")
    }

    /// How often the stand-in's ledger has an action: what a real provider would bill is `submit`.
    func count(_ action: String) async throws -> Int {
        let response = try await client.execute(.init(.get, "\(url)/_stand-in/calls/\(name)"))
        let ledger = try JSON(parsing: try await response.body.collect(upTo: 16 << 20))
        return ledger["counts"]?["\(name).\(action)"]?.int ?? 0
    }

    /// A small picture of a fox.
    func fox(
        of job: UUID = .version7(), image: GenerationRequest.InputImage? = nil, webhook: String? = nil
    ) -> GenerationRequest {
        GenerationRequest(
            job: job, call: .version7(), prompt: "a fox", parameters: small, image: image, webhook: webhook)
    }

    /// Submits and follows a call to its end.
    func draw(
        _ request: GenerationRequest? = nil, _ observe: ProviderObserver = .brisk()
    ) async throws(ProviderError) -> ProviderCall {
        let request = request ?? fox()
        let call = try await provider.submit(request, observe)
        guard case .running = call.state else { return call }
        return try await provider.watch(call, observe)
    }

    /// How a running call ends, or why that is not known.
    func end(of call: ProviderCall) async -> Result<ProviderCall, ProviderError> {
        do throws(ProviderError) { return .success(try await provider.watch(call, .brisk())) } catch {
            return .failure(error)
        }
    }

    /// How an attempt ends: with a picture or in an error, whether that is thrown or the call's own end.
    func outcome(_ request: GenerationRequest? = nil) async -> Result<[ProviderOutput], ProviderError> {
        do throws(ProviderError) {
            switch try await draw(request).state {
            case .succeeded(let outputs): return .success(outputs)
            case .failed(let error): return .failure(error)
            case .canceled: return .failure(ProviderError(.unavailable, "canceled"))
            case .running: return .failure(ProviderError(.lost, "still running after it was watched"))
            }
        } catch {
            return .failure(error)
        }
    }
}

extension ProviderObserver {
    /// Looks often, and does not wait long after a look that went wrong.
    static func brisk(_ report: @escaping @Sendable (ProviderNews) async -> Void = { _ in }) -> Self {
        ProviderObserver(
            schedule: PollSchedule(first: .milliseconds(10), factor: 1, longest: .milliseconds(10)), report: report)
    }
}
