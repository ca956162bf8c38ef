/// Puts what many callers want at the same moment into one transaction: a group commit above the database's own.
///
/// An item that comes while nothing is under way goes at once and alone, so that an idle service waits for nothing. What comes
/// while `lanes` transactions are under way goes together in the next: the more there is to do, the less each item costs.
package actor Batches<Item: Sendable, Answer: Sendable> {
    private struct Waiter {
        let item: Item
        let continuation: CheckedContinuation<Answer, any Error>
    }

    private let lanes: Int
    private let largest: Int
    private let isShared: @Sendable (any Error) -> Bool
    private let perform: @Sendable ([Item]) async throws -> [Answer]
    private var waiting: [Waiter] = []
    private var underWay = 0

    /// - Parameters:
    ///   - lanes: transactions at once: with two, one works while the other waits for the disk.
    ///   - largest: items of one transaction.
    ///   - isShared: whether an error concerns every item of a transaction, like a database that is away. After any other, the
    ///     items of the transaction are tried alone, so that one cannot fail its neighbours.
    ///   - perform: runs one transaction. It changes nothing when it throws, and answers in the order of the items.
    package init(
        lanes: Int = 2, largest: Int = 64, isShared: @escaping @Sendable (any Error) -> Bool,
        perform: @escaping @Sendable ([Item]) async throws -> [Answer]
    ) {
        self.lanes = lanes
        self.largest = largest
        self.isShared = isShared
        self.perform = perform
    }

    /// How many items wait for a transaction.
    package var waitingCount: Int { waiting.count }

    /// Has an item done, alone or together with others. A caller that is cancelled meanwhile does not take it back.
    package func run(_ item: Item) async throws -> Answer {
        try await withCheckedThrowingContinuation { continuation in
            waiting.append(Waiter(item: item, continuation: continuation))
            begin()
        }
    }

    private func begin() {
        guard underWay < lanes, !waiting.isEmpty else { return }
        let batch = Array(waiting.prefix(largest))
        waiting.removeFirst(batch.count)
        underWay += 1
        // Unstructured: a transaction belongs to all of its callers, and none of them may cancel it for the others.
        Task {
            await finish(batch)
            underWay -= 1
            begin()
        }
    }

    private func finish(_ batch: [Waiter]) async {
        do {
            let answers = try await perform(batch.map(\.item))
            for (waiter, answer) in zip(batch, answers) { waiter.continuation.resume(returning: answer) }
        } catch  where batch.count > 1 && !isShared(error) {
            for waiter in batch { await finish([waiter]) }
        } catch {
            for waiter in batch { waiter.continuation.resume(throwing: error) }
        }
    }
}
