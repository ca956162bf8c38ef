import HTTPClient
import JSON
import Testing

@testable import ProviderStandIns

/// What can happen to answers on their way.
@Suite(.timeLimit(.minutes(1)))
struct DeliveryTests {
    private let client = HTTPClient()
    private let token = ["authorization": "Bearer r8_test"]

    private func create(_ url: String, _ knobs: JSON) async throws -> (status: Int, body: [UInt8]) {
        let answer = try await client.send(
            .post, url + "/replicate/v1/models/a/b/predictions", ["input": ["prompt": "a", "stand_in": knobs]],
            headers: token)
        return (answer.status, answer.body)
    }

    private func submits(_ url: String) async throws -> Int? {
        try await client.json(url + "/_stand-in/calls/replicate")["counts"]?["replicate.submit"]?.int
    }

    @Test func `a lost answer ends the connection after the call was taken`() async throws {
        try await StandInsUnderTest.serving { url async throws in
            let error = await #expect(throws: HTTPClientError.self) { _ = try await create(url, ["lost_rate": 1]) }
            #expect(error?.kind == .connectionLost)
            #expect(try await submits(url) == 1)
            // Only answers to calls for work are lost.
            #expect(try await client.send(.put, url + "/_stand-in/knobs", ["lost_rate": 1]).status == 200)
            #expect(
                try await client.send(.get, url + "/replicate/v1/predictions", headers: token).status == 200)
        }
    }

    @Test func `a truncated answer ends in the middle of its body`() async throws {
        try await StandInsUnderTest.serving { url async throws in
            let error = await #expect(throws: HTTPClientError.self) { _ = try await create(url, ["truncated_rate": 1]) }
            #expect(error?.kind == .connectionLost)
            #expect(try await submits(url) == 1)
        }
    }

    @Test func `any answer can be cut by header or for one provider`() async throws {
        try await StandInsUnderTest.serving { url async throws in
            let list = url + "/replicate/v1/predictions"
            let header = token.merging(["x-stand-in": #"{"truncated_rate": 1}"#]) { $1 }
            await #expect(throws: HTTPClientError.self) { try await client.send(.get, list, headers: header) }
            #expect(try await client.send(.get, list, headers: token).status == 200)
            _ = try await client.send(.put, url + "/_stand-in/knobs/replicate", ["truncated_rate": 1])
            await #expect(throws: HTTPClientError.self) { try await client.send(.get, list, headers: token) }
            #expect(try await client.send(.delete, url + "/_stand-in/knobs/replicate").status == 200)
            #expect(try await client.send(.get, list, headers: token).status == 200)
        }
    }

    @Test func `a slow body takes its time and arrives whole`() async throws {
        try await StandInsUnderTest.serving { url async throws in
            let started = ContinuousClock.now
            let answer = try await create(url, ["slow_body_ms": 300])
            #expect(answer.status == 201)
            #expect(try JSON(parsing: answer.body)["id"]?.string != nil)
            #expect(ContinuousClock.now - started >= .milliseconds(300))
        }
    }

    @Test(arguments: [
        ("invalid", 422), ("unauthorized", 401), ("unpaid", 402), ("error", 500), ("unavailable", 503),
    ])
    func `a call is refused as the failure's kind says, and not taken`(kind: String, status: Int) async throws {
        try await StandInsUnderTest.serving { url async throws in
            let answer = try await create(url, ["failure_rate": 1, "failure_kind": .string(kind)])
            #expect(answer.status == status)
            #expect(try await submits(url) == nil)
            let refused = try await client.json(url + "/_stand-in/calls")["counts"]?["replicate.refused"]?.int
            #expect(refused == 1)
        }
    }

    @Test func `a body that is too long is refused with its limit`() async throws {
        try await StandInsUnderTest.serving { url async throws in
            let answer = try await client.execute(
                .init(
                    .post, url + "/replicate/v1/predictions", headers: ["authorization": "Bearer r8_test"],
                    body: .bytes([UInt8](repeating: 0x20, count: 64 << 20 + 1)), timeout: .seconds(30)))
            #expect(answer.status == 413)
        }
    }

    @Test func `a provider that is not there has no knobs and no calls`() async throws {
        try await StandInsUnderTest.serving { url async throws in
            let answer = try await client.send(.put, url + "/_stand-in/knobs/nobody", ["latency_ms": 1])
            #expect(answer.status == 400)
            #expect(String(decoding: answer.body, as: UTF8.self).contains("replicate"))
        }
    }
}
