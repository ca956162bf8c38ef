import JSON
import Synchronization

/// The knobs that hold for every call, those of single providers, and the dice they throw.
final class KnobBoard: Sendable {
    private struct State {
        var common = Knobs()
        /// What was set for one provider only: single keys over the common ones.
        var own: [String: [JSON]] = [:]
        /// Throws of the dice so far, by provider.
        var thrown: [String: UInt64] = [:]
    }

    private let state = Mutex(State())

    /// The knobs of a provider; nil: those of all that have none of their own.
    func knobs(of provider: String? = nil) throws -> Knobs {
        try state.withLock { state in
            var knobs = state.common
            for changes in provider.flatMap({ state.own[$0] }) ?? [] { try knobs.apply(changes) }
            return knobs
        }
    }

    /// Changes single knobs, of one provider or of all.
    ///
    /// - Throws: `StandInError`; then nothing is changed.
    func update(_ changes: JSON, of provider: String? = nil) throws {
        try state.withLock { state in
            guard let provider else { return try state.common.apply(changes) }
            var knobs = state.common
            try knobs.apply(changes)
            state.own[provider, default: []].append(changes)
        }
    }

    /// Sets the knobs back, and the dice: of one provider to the common ones, or everything to the beginning.
    func reset(_ provider: String? = nil) {
        state.withLock { state in
            guard let provider else { return state = State() }
            state.own[provider] = nil
            state.thrown[provider] = nil
        }
    }

    /// The numbers that decide about the next call of a provider; the same seed repeats the same run.
    func dice(for provider: String, seed: Int) -> Dice {
        let call = state.withLock { state in
            state.thrown[provider, default: 0] += 1
            return state.thrown[provider]!
        }
        return Dice(seed: seed, call: call)
    }
}
