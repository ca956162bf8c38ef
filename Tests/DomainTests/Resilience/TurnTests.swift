import Synchronization
import Testing

@testable import Domain

@Suite(.timeLimit(.minutes(1)))
final class TurnTests: Sendable {
    private let turn = Turn()
    private let story = Mutex<[String]>([])

    private func note(_ line: String) { story.withLock { $0.append(line) } }

    /// Holds the turn until `end` is finished.
    private func hold(_ name: String, alone: Bool, until end: AsyncStream<Void>) async throws {
        try await turn.take(alone: alone) {
            note("\(name) begins")
            for await _ in end {}
            note("\(name) ends")
        }
    }

    private static var nothing: AsyncStream<Void> { AsyncStream { $0.finish() } }

    @Test func `some run side by side, and whoever is alone waits for them and goes before those that come later`()
        async throws
    {
        let (end, finish) = AsyncStream.makeStream(of: Void.self)
        let (over, conclude) = AsyncStream.makeStream(of: Void.self)
        async let one: Void = hold("one", alone: false, until: end)
        try await until { story.withLock { $0 } == ["one begins"] }
        try await hold("two", alone: false, until: Self.nothing)
        async let alone: Void = hold("alone", alone: true, until: over)
        try await until { turn.waiting == 1 }
        async let late: Void = hold("late", alone: false, until: Self.nothing)
        try await until { turn.waiting == 2 }
        finish.finish()
        try await until { story.withLock { $0.last } == "alone begins" }
        #expect(turn.waiting == 1)
        conclude.finish()
        _ = try await (one, alone, late)
        #expect(
            story.withLock { $0 } == [
                "one begins", "two begins", "two ends", "one ends", "alone begins", "alone ends", "late begins",
                "late ends",
            ])
    }

    @Test func `whoever is cancelled while it waits to be alone lets those behind it begin`() async throws {
        let (end, finish) = AsyncStream.makeStream(of: Void.self)
        async let one: Void = hold("one", alone: false, until: end)
        try await until { story.withLock { $0 } == ["one begins"] }
        let alone = Task { try await turn.take { note("alone begins") } }
        try await until { turn.waiting == 1 }
        async let two: Void = hold("two", alone: false, until: Self.nothing)
        try await until { turn.waiting == 2 }
        alone.cancel()
        await #expect(throws: CancellationError.self) { try await alone.value }
        try await two
        finish.finish()
        try await one
        try await turn.take { note("free again") }
        #expect(story.withLock { $0 } == ["one begins", "two begins", "two ends", "one ends", "free again"])
    }
}
