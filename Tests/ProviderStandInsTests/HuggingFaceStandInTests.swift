import HTTPClient
import JSON
import Testing

@testable import ProviderStandIns

@Suite(.timeLimit(.minutes(1)))
struct HuggingFaceStandInTests {
    private let client = HTTPClient()

    private func draw(
        _ url: String, _ model: String, _ knobs: JSON, headers: [String: String] = ["authorization": "Bearer hf_test"]
    ) async throws -> (status: Int, headers: HTTPHeaders, body: [UInt8]) {
        try await client.send(
            .post, "\(url)/huggingface/hf-inference/models/\(model)",
            ["inputs": "a", "parameters": ["width": 32, "height": 16, "stand_in": knobs]], headers: headers)
    }

    @Test func `a picture is the answer itself, of the size that was asked for`() async throws {
        try await StandInsUnderTest.serving { url async throws in
            let answer = try await draw(url, "a/b", ["latency_ms": 0])
            #expect(answer.headers["content-type"] == "image/png")
            let bitmap = try #require(PNG.decode(answer.body))
            #expect((bitmap.width, bitmap.height) == (32, 16))
        }
    }

    @Test func `each model loads by itself, once`() async throws {
        try await StandInsUnderTest.serving { url async throws in
            let knobs: JSON = ["latency_ms": 0, "loading_seconds": 0.2]
            #expect(try await draw(url, "a/b", knobs).status == 503)
            #expect(try await draw(url, "c/d", knobs).status == 503)
            var answer = try await draw(url, "a/b", knobs)
            while answer.status == 503 {
                let wait = try #require(try JSON(parsing: answer.body)["estimated_time"]?.double)
                #expect(wait <= 0.2)
                try await Task.sleep(for: .seconds(wait))
                answer = try await draw(url, "a/b", knobs)
            }
            #expect(answer.status == 200)
            // A call that is told to wait is not taken.
            let counts = try await client.json("\(url)/_stand-in/calls")["counts"]
            #expect(counts?["huggingface.submit"]?.int == 1)
        }
    }

    @Test func `a token is needed`() async throws {
        try await StandInsUnderTest.serving { url async throws in
            #expect(try await draw(url, "a/b", [:], headers: [:]).status == 401)
        }
    }

    @Test func `the wait of a limit stands in its header`() async throws {
        try await StandInsUnderTest.serving { url async throws in
            let answer = try await draw(url, "a/b", ["throttle_rate": 1, "retry_after": 9])
            #expect(answer.status == 429 && answer.headers["ratelimit"] == "\"api\";r=0;t=9")
        }
    }

    @Test(arguments: [["inputs": 7] as JSON, [:], ["inputs": "a", "parameters": ["width": 1]]])
    func `input that does not fit is refused`(body: JSON) async throws {
        try await StandInsUnderTest.serving { url async throws in
            let answer = try await client.send(
                .post, "\(url)/huggingface/models/a/b", body, headers: ["authorization": "Bearer hf_test"])
            #expect(answer.status == 400)
        }
    }
}
