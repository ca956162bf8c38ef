internal import Glibc

extension Queue {
    /// The system's time of day in milliseconds since 1970.
    package static let systemTime: @Sendable () -> Int64 = {
        var time = timespec()
        clock_gettime(CLOCK_REALTIME, &time)
        return Int64(time.tv_sec) * 1000 + Int64(time.tv_nsec) / 1_000_000
    }

    /// A consumer's name that no other process has.
    package static func uniqueConsumer() -> String {
        "\(getpid())-\(String(UInt64.random(in: .min ... .max), radix: 36))"
    }
}

extension Duration {
    /// Whole milliseconds, rounded up: a lease or a wait is never shorter than asked for.
    var milliseconds: Int64 {
        let (seconds, attoseconds) = components
        return seconds * 1000 + (attoseconds + 999_999_999_999_999) / 1_000_000_000_000_000
    }
}
