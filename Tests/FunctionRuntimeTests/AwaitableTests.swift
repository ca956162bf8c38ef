import FunctionRuntime
import Testing

@Suite(.timeLimit(.minutes(1)))
struct AwaitableTests {
    @Test func `a waiting task is resumed by the change that satisfies it`() async throws {
        let state = Awaitable(0)
        async let answer = state.wait { $0 >= 3 ? $0 : nil }
        for _ in 0..<3 { state.mutate { $0 += 1 } }
        #expect(try await answer == 3)
    }

    @Test func `cancellation ends a wait, whenever it comes`() async {
        let state = Awaitable(0)
        for _ in 0..<500 {
            let waiting = Task { try await state.wait { $0 > 0 ? $0 : nil } }
            waiting.cancel()
            await #expect(throws: CancellationError.self) { try await waiting.value }
        }
    }

    @Test func `credit is never given out twice`() async throws {
        let credit = Credit(0)
        let total = try await withThrowingTaskGroup(of: Int.self) { group in
            for _ in 0..<50 {
                group.addTask {
                    var taken = 0
                    while taken < 100 { taken += try await credit.take(upTo: 100 - taken) }
                    return taken
                }
            }
            for _ in 0..<500 { credit.grant(10) }
            return try await group.reduce(0, +)
        }
        #expect(total == 5000)
    }
}
