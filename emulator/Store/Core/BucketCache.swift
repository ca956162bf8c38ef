import Synchronization

/// Buckets that were looked up: every request needs one, and they seldom change.
final class BucketCache: Sendable {
    private struct Name: Hashable {
        let account: String
        let name: String
    }

    private struct State {
        /// Counts the commits that changed a bucket.
        var generation = 0
        var buckets: [Name: BucketRecord] = [:]
    }

    private static let limit = 1000
    private let state = Mutex(State())

    /// What is known; otherwise what `load` finds.
    func bucket(_ name: String, account: String, load: () throws -> BucketRecord?) throws -> BucketRecord? {
        let key = Name(account: account, name: name)
        let (known, generation) = state.withLock { ($0.buckets[key], $0.generation) }
        if let known { return known }
        guard let found = try load() else { return nil }
        state.withLock { state in
            // What was read may be older than a change that came meanwhile.
            guard state.generation == generation else { return }
            if state.buckets.count >= Self.limit { state.buckets.removeAll() }
            state.buckets[key] = found
        }
        return found
    }

    /// Forgets everything, after a commit that changed a bucket.
    func invalidate() {
        state.withLock { state in
            state.generation += 1
            state.buckets.removeAll()
        }
    }
}
