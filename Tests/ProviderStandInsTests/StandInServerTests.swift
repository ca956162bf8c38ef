import HTTPClient
import JSON
import Logging
import Testing

@testable import ProviderStandIns

@Suite(.timeLimit(.minutes(1)))
struct StandInServerTests {
    private let client = HTTPClient()

    private func serving(_ body: @Sendable (String) async throws -> Void) async throws {
        try await StandInsUnderTest.serving(body)
    }

    private func send(
        _ method: HTTPMethod, _ url: String, _ body: JSON? = nil, headers: [String: String] = [:]
    ) async throws -> (status: Int, headers: HTTPHeaders, body: [UInt8]) {
        try await client.send(
            method, url, body, headers: ["authorization": "Bearer r8_test"].merging(headers) { $1 })
    }

    private func waited(_ url: String, _ input: JSON) async throws -> JSON {
        let answer = try await send(
            .post, url + "/replicate/v1/models/a/b/predictions", ["input": input], headers: ["prefer": "wait=5"])
        #expect(answer.status == 201)
        return try JSON(parsing: answer.body)
    }

    @Test func `a prediction becomes a picture of the size that was asked for`() async throws {
        try await serving { url in
            let prediction = try await waited(
                url, ["prompt": "a boat", "width": 64, "height": 32, "stand_in": ["latency_ms": 20]])
            #expect(prediction["status"]?.string == "succeeded")
            let output = try #require(prediction["output"]?[0]?.string)
            let picture = try await send(.get, output)
            let bitmap = try #require(PNG.decode(picture.body))
            #expect((bitmap.width, bitmap.height) == (64, 32))
        }
    }

    @Test func `a prediction moves from starting to processing and can be canceled`() async throws {
        try await serving { url in
            let created = try await send(
                .post, url + "/replicate/v1/models/a/b/predictions",
                ["input": ["prompt": "slow", "stand_in": ["latency_ms": 60_000]]])
            let prediction = try JSON(parsing: created.body)
            #expect(prediction["status"]?.string == "starting")
            let cancel = try #require(prediction["urls"]?["cancel"]?.string)
            #expect(try JSON(parsing: await send(.post, cancel).body)["status"]?.string == "canceled")
            let get = try #require(prediction["urls"]?["get"]?.string)
            #expect(try JSON(parsing: await send(.get, get).body)["status"]?.string == "canceled")
        }
    }

    @Test func `a call without a token is refused as Replicate refuses it`() async throws {
        try await serving { url in
            let answer = try await send(.get, url + "/replicate/v1/predictions", headers: ["authorization": ""])
            #expect(answer.status == 401)
            #expect(try JSON(parsing: answer.body)["title"]?.string == "Unauthenticated")
        }
    }

    @Test func `every wrong field of an input is named`() async throws {
        try await serving { url in
            let answer = try await send(
                .post, url + "/replicate/v1/models/a/b/predictions", ["input": ["width": 9000, "seed": "x"]])
            #expect(answer.status == 422)
            let detail = try #require(try JSON(parsing: answer.body)["detail"]?.string)
            #expect(detail.contains("prompt") && detail.contains("input.width") && detail.contains("input.seed"))
        }
    }

    @Test func `a throttled call is told its wait in the body and in the header`() async throws {
        try await serving { url in
            let answer = try await send(
                .post, url + "/replicate/v1/models/a/b/predictions", ["input": ["prompt": "a"]],
                headers: ["x-stand-in": #"{"throttle_rate": 1, "retry_after": 7}"#])
            #expect(answer.status == 429)
            #expect(answer.headers["retry-after"] == "7")
            #expect(try JSON(parsing: answer.body)["retry_after"]?.int == 7)
        }
    }

    @Test func `knobs hold for every call until they are changed, and wrong ones change nothing`() async throws {
        try await serving { url in
            let knobs = url + "/_stand-in/knobs"
            #expect(
                try await send(.put, knobs, ["latency_ms": 10, "failure_rate": 1, "failure": "no paint"]).status == 200)
            let failed = try await waited(url, ["prompt": "a"])
            #expect(failed["status"]?.string == "failed")
            #expect(failed["error"]?.string == "no paint")
            let refused = try await send(.put, knobs, ["latency_ms": 5, "failure_rate": 2])
            #expect(refused.status == 400)
            #expect(String(decoding: refused.body, as: UTF8.self).contains("failure_rate"))
            #expect(try JSON(parsing: await send(.get, knobs).body)["latency_ms"]?.int == 10)
        }
    }

    @Test func `the ledger counts every call and forgets when told`() async throws {
        try await serving { url in
            _ = try await waited(url, ["prompt": "a", "stand_in": ["latency_ms": 1]])
            let calls = url + "/_stand-in/calls"
            #expect(try JSON(parsing: await send(.get, calls).body)["counts"]?["replicate.submit"]?.int == 1)
            #expect(try await send(.delete, calls).status == 204)
            #expect(try JSON(parsing: await send(.get, calls).body)["counts"]?["replicate.submit"] == nil)
        }
    }
}
