/// How often the previews of one attempt are shown: soon at first, then less and less often, so that a drawing of minutes is shown to
/// its end although there are few.
struct PreviewPace: Sendable {
    /// Previews of one attempt.
    static let most = 12
    /// By how much each wait is longer than the one before.
    private static let growth = 1.5

    private(set) var count = 0
    private var wait: Duration
    private var next: ContinuousClock.Instant?

    /// - Parameter first: the wait between the first two. A sampler shows every step, and each costs two writes.
    init(first: Duration) { wait = first }

    /// Whether a preview that comes now is shown; if so, it counts.
    mutating func admits(at now: ContinuousClock.Instant = .now) -> Bool {
        if let next, now < next { return false }
        guard count < Self.most else { return false }
        count += 1
        next = now + wait
        wait = wait * Self.growth
        return true
    }
}
