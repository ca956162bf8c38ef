/// What is to be done once a transaction is on disk.
final class CommitEffects {
    /// Consumers of events, as of the transaction's begin.
    let consumers: [Int64]
    /// Files whose name in `incoming/` can go.
    var adopted: [Int64] = []
    /// Contents that nothing names any more.
    var unreferenced: [Int64] = []
    /// Consumers that have something new to read.
    var emitted: Set<Int64> = []
    var doomsBucket = false
    var changesBucket = false

    init(consumers: [Int64]) { self.consumers = consumers }

    /// Takes over what another one gathered.
    func merge(_ other: CommitEffects) {
        adopted += other.adopted
        unreferenced += other.unreferenced
        emitted.formUnion(other.emitted)
        doomsBucket = doomsBucket || other.doomsBucket
        changesBucket = changesBucket || other.changesBucket
    }
}
