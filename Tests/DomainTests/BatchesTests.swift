import Domain
import Synchronization
import Testing

@Suite(.timeLimit(.minutes(1)))
struct BatchesTests {
    private struct Refusal: Error { var isShared: Bool }

    /// Transactions that wait at a gate and write down what came together.
    private actor Ledger {
        private(set) var batches: [[Int]] = []
        private var gate: [CheckedContinuation<Void, Never>] = []
        private var isOpen = false

        func perform(_ items: [Int]) async throws -> [Int] {
            batches.append(items)
            if !isOpen { await withCheckedContinuation { gate.append($0) } }
            if items.contains(13), items.count > 1 || items == [13] { throw Refusal(isShared: false) }
            if items.contains(99) { throw Refusal(isShared: true) }
            return items.map { $0 * 10 }
        }

        func open() {
            isOpen = true
            gate.forEach { $0.resume() }
            gate = []
        }

        func began(_ count: Int) async { while batches.count < count { await Task.yield() } }
    }

    private let ledger = Ledger()

    private func batches(lanes: Int = 1, largest: Int = 64) -> Batches<Int, Int> {
        let ledger = ledger
        return Batches(
            lanes: lanes, largest: largest, isShared: { ($0 as? Refusal)?.isShared == true },
            perform: { try await ledger.perform($0) })
    }

    /// The first item occupies the lane; the others come meanwhile, in order.
    private func run(_ items: [Int], in batches: Batches<Int, Int>) async -> [Result<Int, any Error>] {
        await withTaskGroup(of: (Int, Result<Int, any Error>).self) { group in
            for (index, item) in items.enumerated() {
                group.addTask {
                    do { return (index, .success(try await batches.run(item))) } catch {
                        return (index, .failure(error))
                    }
                }
                if index == 0 {
                    await ledger.began(1)
                } else {
                    while await batches.waitingCount < index { await Task.yield() }
                }
            }
            await ledger.open()
            return await group.reduce(into: []) { $0.append($1) }.sorted { $0.0 < $1.0 }.map(\.1)
        }
    }

    @Test func `what comes while a transaction is under way goes together in the next, in order`() async throws {
        let results = try await run([1, 2, 3, 4], in: batches()).map { try $0.get() }
        #expect(results == [10, 20, 30, 40])
        #expect(await ledger.batches == [[1], [2, 3, 4]])
    }

    @Test func `a transaction takes no more than the limit`() async throws {
        _ = await run([1, 2, 3, 4], in: batches(largest: 2))
        #expect(await ledger.batches == [[1], [2, 3], [4]])
    }

    @Test func `an item that fails its transaction fails alone`() async throws {
        let results = await run([1, 2, 13, 4], in: batches())
        #expect(throws: Refusal.self) { try results[2].get() }
        #expect(try results[1].get() == 20)
        #expect(try results[3].get() == 40)
        #expect(await ledger.batches == [[1], [2, 13, 4], [2], [13], [4]])
    }

    @Test func `an outage fails all of a transaction, which is not tried again`() async throws {
        let results = await run([1, 2, 99, 4], in: batches())
        #expect(try results[0].get() == 10)
        for result in results[1...] { #expect(throws: Refusal.self) { try result.get() } }
        #expect(await ledger.batches == [[1], [2, 99, 4]])
    }

    @Test func `a caller that is cancelled cancels nothing for the others`() async throws {
        let batches = batches()
        let first = Task { try await batches.run(1) }
        await ledger.began(1)
        let second = Task { try await batches.run(2) }
        while await batches.waitingCount < 1 { await Task.yield() }
        first.cancel()
        await ledger.open()
        #expect(try await second.value == 20)
        #expect(try await first.value == 10)
    }
}
