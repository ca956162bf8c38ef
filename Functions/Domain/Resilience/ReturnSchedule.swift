/// When the jobs come back that one process had to send away: one after another at the pace at which the provider takes them, so
/// that they neither crowd nor leave it idle. A little too soon on purpose: those who come early wait a moment, and a place that
/// nobody comes for is lost. Times are microseconds.
struct ReturnSchedule: Sendable {
    private var next: Int64 = 0
    /// Nobody is admitted before; 0 when nothing is known of that.
    private(set) var blockedUntil: Int64 = 0
    /// How long a call takes, smoothed.
    private var callTime: Double = 200_000

    /// How much sooner than the pace they come: twice as many as there is room for, so that there is always one when a call ends.
    private static let haste = 0.5
    /// The longest time between two of them, whatever the pace seems to be: calls may become faster than they were, and nobody would
    /// come to find out. Coming in vain costs one small transaction.
    private static let longestGap = 25_000.0

    mutating func block(until time: Int64) {
        blockedUntil = time
    }

    mutating func note(callTime time: Int64) {
        callTime += (Double(time) - callTime) / 8
    }

    /// The wait of one more.
    mutating func ticket(_ limits: ProviderLimits, workers: Int, at now: Int64) -> Duration {
        let pace = max(1_000_000 / Double(limits.perSecond), callTime / Double(limits.concurrency))
        let gap = min(pace * Self.haste, Self.longestGap) * Double(max(workers, 1))
        next = max(next, now, blockedUntil) + Int64(gap)
        return .microseconds(next - now)
    }
}
