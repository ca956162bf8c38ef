import FoundationEssentials
import Glibc

/// Points in time as people read them in a log.
enum Timestamp {
    /// The time of day where the emulator runs: `21:22:38.123`.
    static func timeOfDay(_ date: Date) -> String {
        let milliseconds = Int((date.timeIntervalSince1970 * 1000).rounded(.down))
        var instant = milliseconds / 1000
        var parts = tm()
        localtime_r(&instant, &parts)
        return digits(Int(parts.tm_hour), 2) + ":" + digits(Int(parts.tm_min), 2) + ":" + digits(Int(parts.tm_sec), 2)
            + "."
            + digits(milliseconds % 1000, 3)
    }

    private static func digits(_ value: Int, _ width: Int) -> String {
        let text = String(value)
        return String(repeating: "0", count: max(0, width - text.count)) + text
    }
}
