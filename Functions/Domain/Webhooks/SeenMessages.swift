package import FunctionRuntime
package import Redis

/// The ids of call-backs that were dealt with, for as long as their signatures are believed, so that one that is sent again does
/// nothing. While Redis is away it knows of none: a second time then does no harm, because a call-back only has somebody look.
package struct SeenMessages: Sendable {
    private let redis: Redis

    /// Twice the tolerance: one from the future is believed for that long.
    private static let seconds = 2 * WebhookRefusal.tolerance

    package init(_ redis: Redis) {
        self.redis = redis
    }

    package func contains(_ message: String, of provider: String, log: Log) async -> Bool {
        do {
            return try await redis.send("EXISTS", Self.key(message, provider)).integer == 1
        } catch {
            log.warning("whether the call-back came before is not known", ["error": "\(error)"])
            return false
        }
    }

    package func insert(_ message: String, of provider: String, log: Log) async {
        do {
            try await redis.send("SET", Self.key(message, provider), "1", "EX", Self.seconds)
        } catch {
            log.warning("that the call-back came is not noted", ["error": "\(error)"])
        }
    }

    private static func key(_ message: String, _ provider: String) -> String { "webhook:\(provider):\(message)" }
}
