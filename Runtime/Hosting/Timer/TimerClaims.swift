package import Redis

/// Decides which of several hosts fires a timer: the first that claims the due time.
package struct TimerClaims: Sendable {
    private let redis: Redis

    package init(_ redis: Redis) {
        self.redis = redis
    }

    /// Claims one firing.
    /// - Parameters:
    ///   - timer: the same on all hosts, e.g. `ReapJobs every 5s`.
    ///   - due: milliseconds since 1970.
    /// - Returns: whether this host is the first.
    func claim(_ timer: String, due: Int64) async throws -> Bool {
        // Kept for as long as the clocks of hosts may differ; afterwards no host asks for that time any more.
        let reply = try await redis.send(
            "SET", "timer:{\(timer)}:\(due)", "1", "NX", "PX", Self.lifetime, timeout: .seconds(2))
        return reply == .status("OK")
    }

    private static let lifetime = 600_000
}
