/// How long to wait before Redis is tried again: doubling from 50 ms to 1 s, each with up to half of it taken off at
/// random, so that many clients do not come back in the same moment.
struct ReconnectBackoff: Sendable {
    private var failures = 0

    /// The wait after one more failure.
    mutating func next(jitter: (Range<Double>) -> Double = { .random(in: $0) }) -> Duration {
        let ceiling = min(1.0, 0.05 * Double(1 << min(failures, 10)))
        failures += 1
        return .seconds(ceiling * (1 - jitter(0..<0.5)))
    }

    /// A connection was made: the next failure starts anew.
    mutating func reset() {
        failures = 0
    }
}
