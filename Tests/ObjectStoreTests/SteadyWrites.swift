import Synchronization

@testable import ObjectStore

/// Writes without a pause: each one asks for the next before it is committed itself.
final class SteadyWrites: Sendable {
    private struct State {
        var count = 0
        var isEnding = false
    }

    private let store: ObjectStore
    private let state = Mutex(State())
    private let ended = AsyncStream.makeStream(of: Void.self)

    init(_ store: ObjectStore) { self.store = store }

    /// How many there were.
    var count: Int { state.withLock { $0.count } }

    func begin() {
        Task.immediate {
            try await store.write { [self] _ in
                let goesOn = state.withLock { state in
                    state.count += 1
                    return !state.isEnding
                }
                if goesOn { begin() } else { ended.continuation.finish() }
            }
        }
    }

    /// Returns after the last one.
    func end() async {
        state.withLock { $0.isEnding = true }
        for await _ in ended.stream {}
    }
}
