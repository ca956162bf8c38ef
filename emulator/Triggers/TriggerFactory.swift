import FunctionRuntime
import Hosting
import Logging
import Queue
import Redis
import ServiceLifecycle

/// Makes the queue and timer triggers that a function's description asks for.
struct TriggerFactory: Sendable {
    let redis: Redis
    let logger: Logger
    private let redisOutage: Outage

    /// - Parameter redisSetting: the key of the environment that names the Redis; nil: it is the emulator's own.
    init(redis: Redis, redisSetting: String?, logger: Logger) {
        self.redis = redis
        self.logger = logger
        redisOutage = Outage(of: redis, setting: redisSetting, logger: logger)
    }

    /// The triggers of one function; a schedule that cannot be read is logged and left out.
    func services(for entry: FunctionRegistry.Entry) -> [any Service] {
        let description = entry.function.description
        return description.triggers.compactMap { trigger -> (any Service)? in
            switch trigger {
            case .http, .object: return nil
            case .queue(let name, let attempts, let lease):
                let concurrency = description.limits.concurrency * PoolLimits().maximum
                return QueueTrigger(
                    queue: Queue(redis, name), function: description.name, invoker: entry.pool,
                    options: QueueTriggerOptions(
                        concurrency: concurrency, attempts: attempts, lease: lease, drain: .seconds(5)),
                    redisOutage: redisOutage, logger: logger)
            case .timer(let text):
                do {
                    return TimerTrigger(
                        schedule: try Schedule(text), function: description.name, invoker: entry.pool,
                        claims: TimerClaims(redis), redisOutage: redisOutage, logger: logger)
                } catch {
                    logger.error("the timer of \(description.name) never fires: \(error)")
                    return nil
                }
            }
        }
    }

    /// The object triggers of all functions, as they are when an event comes.
    static func subscriptions(_ registry: FunctionRegistry) -> [ObjectSubscription] {
        registry.entries.flatMap { ObjectSubscription.all($0.function.description, invoker: $0.pool) }
    }
}
