/// What is to be done once a transaction is on disk.
final class CommitEffects {
    /// Consumers of events, as of this point of the transaction.
    private(set) var consumers: [Int64]
    /// Consumers that came with the transaction.
    private(set) var subscribed: [Int64] = []
    /// Consumers that went with the transaction.
    private(set) var unsubscribed: [Int64] = []
    /// Files whose name in `incoming/` can go.
    var adopted: [Int64] = []
    /// Contents that nothing names any more.
    var unreferenced: [Int64] = []
    /// Consumers that have something new to read.
    var emitted: Set<Int64> = []
    var doomsBucket = false
    var changesBucket = false

    init(consumers: [Int64]) { self.consumers = consumers }

    /// Keeps events for a consumer from here on.
    func subscribe(_ consumer: Int64) {
        if !consumers.contains(consumer) { consumers.append(consumer) }
        unsubscribed.removeAll { $0 == consumer }
        subscribed.append(consumer)
    }

    /// Keeps none for a consumer from here on.
    func unsubscribe(_ consumer: Int64) {
        consumers.removeAll { $0 == consumer }
        subscribed.removeAll { $0 == consumer }
        unsubscribed.append(consumer)
    }

    /// Takes over what another one gathered.
    func merge(_ other: CommitEffects) {
        for consumer in other.subscribed { subscribe(consumer) }
        for consumer in other.unsubscribed { unsubscribe(consumer) }
        adopted += other.adopted
        unreferenced += other.unreferenced
        emitted.formUnion(other.emitted)
        doomsBucket = doomsBucket || other.doomsBucket
        changesBucket = changesBucket || other.changesBucket
    }
}
