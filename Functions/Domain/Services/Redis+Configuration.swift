package import FunctionRuntime
package import Redis

extension Redis {
    package static let url = ConfigurationKey<String>(
        "REDIS_URL", summary: "Redis: queues and notifications; nothing is lost with it", secret: true,
        kind: "a Redis URL", want: "redis://user:password@host:6379/0"
    ) { $0.hasPrefix("redis://") || $0.hasPrefix("rediss://") ? $0 : nil }

    /// The keys a function declares that uses Redis.
    package static let environment: [any ConfigurationKeyProtocol] = [url]

    /// Makes a client; nothing is connected before the first command.
    ///
    /// - Throws: `ConfigurationProblem` or `RedisError`, with a sentence that shows no password.
    package convenience init(_ configuration: Configuration) throws {
        try self.init(url: try configuration[Self.url], name: "darkroom")
    }
}

extension RedisError: FailureConvertible {
    /// A Redis that is away, or does not let anybody in yet, makes a function unavailable and is not its mistake.
    package var failure: Failure? {
        isTransient ? .unavailable("Redis cannot be reached; try again in a moment") : nil
    }
}
