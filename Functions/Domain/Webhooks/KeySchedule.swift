internal import FoundationEssentials

/// When keys that are fetched from their owner are fetched again, as a value: they are used for a day, and a signature that none of
/// them made is a reason to look for new ones, but not so often that whoever sends wrong signatures decides about our requests.
struct KeySchedule: Sendable, Hashable {
    /// Seconds for which fetched keys are used.
    static let longestUse = 86_400.0
    /// Seconds between two fetches.
    static let shortestPause = 60.0

    private var fetched: Date?
    private var tried: Date?

    /// Whether the keys that are there may be used.
    func isFresh(at now: Date) -> Bool {
        fetched.map { now.timeIntervalSince($0) < Self.longestUse } ?? false
    }

    /// Whether they may be fetched now.
    func mayFetch(at now: Date) -> Bool {
        tried.map { now.timeIntervalSince($0) >= Self.shortestPause } ?? true
    }

    mutating func began(at now: Date) {
        tried = now
    }

    mutating func succeeded(at now: Date) {
        fetched = now
    }
}
