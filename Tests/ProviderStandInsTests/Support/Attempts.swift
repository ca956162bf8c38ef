import Synchronization

/// Counts.
final class Attempts: Sendable {
    private let count = Atomic(0)

    /// 1 the first time.
    func next() -> Int { count.add(1, ordering: .relaxed).newValue }
}
