import Synchronization

/// Numbers that only grow, also across restarts: the high bits count the starts of this store, the low 40 bits count
/// within one. Nothing is read from or written to disk to draw one.
final class SequenceSource: Sendable {
    private let next: Atomic<Int64>

    init(start: Int64) { next = Atomic((start << 40) + 1) }

    func draw() -> Int64 { next.wrappingAdd(1, ordering: .relaxed).oldValue }
}
