import Domain
import JSON
import ProviderStandIns
import Testing

/// What every adapter must do that writes, each against the stand-in that the provider's own client accepts.
@Suite(.timeLimit(.minutes(1)))
struct TextConformanceTests {
    /// The adapters that write.
    private static let writers = Adapter.all.filter { $0.type is any TextProvider.Type }

    private static let request = TextRequest(instructions: "Write a title.", text: "the old harbour at dawn")

    /// Runs `body` with each adapter that writes.
    private func writing(
        _ adapter: Adapter, knobs: JSON = ["latency_ms": 10], _ body: @Sendable (any TextProvider) async throws -> Void
    ) async throws {
        try await StandInWorld.run(adapter, knobs: knobs) { world in
            try await body(try #require(world.provider as? any TextProvider))
        }
    }

    @Test func `there are adapters that write`() {
        #expect(Self.writers.map(\.name).sorted() == ["gemini", "openai"])
    }

    @Test(arguments: writers) func `a text is written as instructed`(adapter: Adapter) async throws {
        try await writing(adapter) { writer in
            let text = try await writer.complete(Self.request)
            #expect(text == "Old Harbour at Dawn")
        }
    }

    @Test(arguments: writers, [true, false]) func `a document obeys its schema`(
        adapter: Adapter, closed: Bool
    ) async throws {
        var schema: JSONObject = [
            "type": "object", "required": ["title", "tags"],
            "properties": ["title": ["type": "string"], "tags": ["type": "array", "items": ["type": "string"]]],
        ]
        if closed { schema["additionalProperties"] = false }
        var request = Self.request
        request.schema = .object(schema)
        try await writing(adapter) { [request] writer in
            let answer = try JSON(parsing: try await writer.complete(request).utf8)
            #expect(answer["title"] == "Old Harbour at Dawn" && answer["tags"]?[1] == "harbour")
        }
    }

    private static let failures: [(JSON, RetryClass)] = [
        (["block_rate": 1], .refused), (["throttle_rate": 1, "retry_after": 7], .limited(wait: .seconds(7))),
        (["failure_rate": 1, "failure_kind": "unpaid"], .quota),
        (["failure_rate": 1, "failure_kind": "unauthorized"], .quota),
        (["failure_rate": 1, "failure_kind": "invalid"], .invalid),
        (["failure_rate": 1, "failure_kind": "unavailable"], .unavailable), (["lost_rate": 1], .lost),
        (["truncated_rate": 1], .lost),
    ]

    @Test(arguments: writers, failures) func `every failure has its class`(
        adapter: Adapter, failure: (knobs: JSON, retryClass: RetryClass)
    ) async throws {
        try await writing(adapter, knobs: failure.knobs) { writer in
            let error = await #expect(throws: ProviderError.self) { try await writer.complete(Self.request) }
            #expect(error?.retryClass == failure.retryClass)
        }
    }
}
