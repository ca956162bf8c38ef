/// When the next call may begin, so that no second and no minute sees more than its limit: kept from the times of the latest calls,
/// so that both hold exactly, wherever a window begins. Times are microseconds.
struct CallWindows: Sendable, Hashable {
    /// The latest first.
    private var starts: [Int64] = []

    /// When a call that comes now may begin.
    func next(_ limits: ProviderLimits, at now: Int64) -> Int64 {
        max(now, earliest(limits.perSecond, 1_000_000), earliest(limits.perMinute, 60_000_000))
    }

    /// Notes that a call begins.
    mutating func begin(_ limits: ProviderLimits, at start: Int64) {
        starts.insert(start, at: 0)
        starts.removeLast(max(0, starts.count - max(limits.perSecond, limits.perMinute)))
    }

    private func earliest(_ limit: Int, _ window: Int64) -> Int64 {
        starts.count < limit ? 0 : starts[limit - 1] + window
    }
}
