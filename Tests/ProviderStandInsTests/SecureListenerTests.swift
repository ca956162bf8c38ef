import FunctionTesting
import HTTPClient
import JSON
import Logging
import Testing

@testable import ProviderStandIns

@Suite(.timeLimit(.minutes(1)))
struct SecureListenerTests {
    private func serving(_ body: @Sendable (_ base: String, _ authority: String) async throws -> Void) async throws {
        let folder = try TemporaryFolder(name: "authority")
        let authority = folder.path + "/authority.pem"
        let (ports, continuation) = AsyncStream.makeStream(of: Int.self)
        let server = StandInServer(
            host: "127.0.0.1", port: 0,
            secure: SecureListener(port: 0, authority: authority, onRunning: { continuation.yield($0) }),
            httpClient: HTTPClient(), logger: Logger(label: "test"), onRunning: { _ in })
        try await withThrowingTaskGroup { group in
            group.addTask { try await server.run() }
            let port = try #require(await ports.first { _ in true })
            try await body("https://127.0.0.1:\(port)", authority)
            group.cancelAll()
        }
    }

    @Test func `a client that trusts the authority is served, at every name of this machine`() async throws {
        try await serving { base, authority async throws in
            let client = HTTPClient(.init(certificateAuthorities: authority))
            #expect(try await client.json(base)["stand_ins"]?[0] == "replicate")
            let named = base.replacing("127.0.0.1", with: "localhost")
            #expect(try await client.json(named)["stand_ins"]?[0] == "replicate")
        }
    }

    @Test func `a client that does not know the authority refuses it`() async throws {
        try await serving { base, _ async throws in
            let error = await #expect(throws: HTTPClientError.self) { try await HTTPClient().json(base) }
            #expect(error?.kind == .tls)
        }
    }

    @Test func `a folder that is not there is named`() async throws {
        let server = StandInServer(
            host: "127.0.0.1", port: 0,
            secure: SecureListener(port: 0, authority: "/nowhere/authority.pem", onRunning: { _ in }),
            httpClient: HTTPClient(), logger: Logger(label: "test"), onRunning: { _ in })
        let error = await #expect(throws: StandInError.self) { try await server.run() }
        #expect(error?.description.contains("/nowhere/authority.pem") == true)
    }

    @Test func `answers name addresses of the listener that was asked`() async throws {
        try await serving { base, authority async throws in
            let client = HTTPClient(.init(certificateAuthorities: authority))
            let answer = try await client.send(
                .post, base + "/replicate/v1/models/a/b/predictions",
                ["input": ["prompt": "a", "stand_in": ["latency_ms": 0]]], headers: ["authorization": "Bearer r8_test"])
            let get = try JSON(parsing: answer.body)["urls"]?["get"]?.string
            #expect(get?.hasPrefix(base + "/replicate/") == true)
        }
    }

    @Test func `a large answer and a large request pass whole`() async throws {
        try await serving { base, authority async throws in
            let client = HTTPClient(.init(certificateAuthorities: authority))
            let prompt = String(repeating: "a long harbour ", count: 60_000)
            let answer = try await client.send(
                .post, base + "/replicate/v1/models/a/b/predictions", ["input": ["prompt": .string(prompt)]],
                headers: ["authorization": "Bearer r8_test"])
            #expect(try JSON(parsing: answer.body)["input"]?["prompt"]?.string == prompt)
        }
    }

    @Test func `an answer that is cut is cut under TLS too`() async throws {
        try await serving { base, authority async throws in
            let client = HTTPClient(.init(certificateAuthorities: authority))
            await #expect(throws: HTTPClientError.self) {
                try await client.send(
                    .get, base + "/replicate/v1/predictions",
                    headers: ["authorization": "Bearer r8_test", "x-stand-in": #"{"truncated_rate": 1}"#])
            }
        }
    }
}
