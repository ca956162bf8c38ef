import HTTPClient
import JSON
import Logging
import Testing

@testable import ProviderStandIns

/// Stand-ins on free ports.
enum StandInsUnderTest {
    /// Runs `body` against a server of its own.
    static func serving(_ body: @Sendable (String) async throws -> Void) async throws {
        let (ports, continuation) = AsyncStream.makeStream(of: Int.self)
        let server = StandInServer(
            host: "127.0.0.1", port: 0, httpClient: HTTPClient(), logger: Logger(label: "test"),
            onRunning: { continuation.yield($0) })
        try await withThrowingTaskGroup { group in
            group.addTask { try await server.run() }
            let port = try #require(await ports.first { _ in true })
            #expect(server.baseURLs(port: port)["replicate"] == "http://127.0.0.1:\(port)/replicate")
            try await body("http://127.0.0.1:\(port)")
            group.cancelAll()
        }
    }
}

extension HTTPClient {
    /// One exchange with its whole body.
    func send(
        _ method: HTTPMethod, _ url: String, _ body: JSON? = nil, headers: [String: String] = [:]
    ) async throws -> (status: Int, headers: HTTPHeaders, body: [UInt8]) {
        var fields: HTTPHeaders = body == nil ? [:] : ["content-type": "application/json"]
        for (name, value) in headers { fields[name] = value }
        let response = try await execute(
            .init(
                method, url, headers: fields, body: body.map { .bytes($0.serialized) } ?? .none, timeout: .seconds(20)))
        return (response.status, response.headers, try await response.body.collect(upTo: 10_000_000))
    }

    /// The JSON a GET answers with.
    func json(_ url: String, headers: [String: String] = [:]) async throws -> JSON {
        try JSON(parsing: await send(.get, url, headers: headers).body)
    }
}
