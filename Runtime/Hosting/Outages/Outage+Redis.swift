package import Logging
package import Redis

extension Outage {
    /// The outage of a Redis, for all triggers that use it.
    /// - Parameter setting: The key of the configuration that names it; nil: it is the host's own.
    package convenience init(of redis: Redis, setting: String? = nil, logger: Logger) {
        let configuration = redis.configuration
        let address = "\(configuration.host):\(configuration.port)"
        let name = "Redis at \(address)\(setting.map { " (\($0))" } ?? "")"
        self.init("\(name) is away", relief: "\(name) is back", logger: logger)
    }
}
