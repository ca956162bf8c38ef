import FunctionRuntime
package import Logging
import NIOPosix
import Queue
import Redis
package import ServiceLifecycle

/// Puts a host together: finds the functions, makes their pools and the triggers in front of them.
package struct HostServices {
    /// In the order in which they start; they stop in the reverse order, triggers before pools.
    package var services: [any Service] = []
    /// Those that a trigger of the kinds served can call. The manifest has all that were found.
    package var functions: [LocatedFunction] = []

    /// - Parameters:
    ///   - environment: Goes to the functions, with the manifest's path added.
    ///   - manifest: Where to write the manifest.
    ///   - onBound: Called with the HTTP port once the server listens.
    /// - Throws: `HostConfigurationError` with everything that keeps the functions from being served.
    package init(
        _ configuration: HostConfiguration, environment: [String: String], manifest: String, logger: Logger,
        observer: any InvocationObserver = HostLog(), onBound: @escaping @Sendable (Int) -> Void = { _ in }
    ) async throws {
        let environment = environment.merging([FunctionManifest.key: manifest]) { _, path in path }
        let found = try await Self.find(configuration, environment)
        functions = found.filter {
            $0.description.triggers.contains { configuration.triggers.contains(HostTriggers($0)) }
        }
        if let missing = Self.missing(functions, environment) { throw HostConfigurationError(problems: [missing]) }
        try FunctionManifest.write(found, to: manifest)
        let redis = try configuration.redisURL.map { try Redis(url: $0, name: "host") }
        let outage = redis.map { Outage(of: $0, setting: "REDIS_URL", logger: logger) }
        var http: [HTTPFunction] = []
        var objects: [ObjectSubscription] = []
        var triggers: [any Service] = []
        var problems: [String] = []
        for function in functions {
            let pool = ProcessPool(
                function: function, limits: configuration.limits, environment: environment,
                group: MultiThreadedEventLoopGroup.singleton, observer: observer)
            services.append(pool)
            http.append(HTTPFunction(description: function.description, invoker: pool))
            for trigger in function.description.triggers {
                do {
                    if let service = try Self.service(trigger, function, pool, configuration, redis, outage, logger) {
                        triggers.append(service)
                    }
                } catch {
                    problems.append("\(function.description.name): \(error)")
                }
            }
            objects += ObjectSubscription.all(function.description, invoker: pool)
        }
        var webhook: ObjectWebhook?
        if configuration.triggers.contains(.object) {
            let source = ObjectWebhook(path: Self.eventsPath, token: configuration.eventsToken)
            triggers.append(ObjectTrigger(source: source, subscriptions: { [objects] in objects }, logger: logger))
            webhook = source
        }
        // The server comes last, so that it stops first: the posts it still answers need the object trigger.
        if !configuration.triggers.isDisjoint(with: [.http, .object]) {
            do throws(RouteError) {
                let health = HostHealth(functions: functions)
                triggers.append(
                    try HTTPTrigger(
                        functions: configuration.triggers.contains(.http) ? http : [], options: configuration.http,
                        group: MultiThreadedEventLoopGroup.singleton, logger: logger,
                        local: { [webhook] in
                            if let answer = health.answer($0) { return answer }
                            return await webhook?.answer($0)
                        }, onBound: onBound))
            } catch {
                problems.append(error.message)
            }
        }
        if !problems.isEmpty { throw HostConfigurationError(problems: problems) }
        services += triggers
    }

    /// Where stores post their events.
    static let eventsPath = "/_host/events/"

    private static func find(
        _ configuration: HostConfiguration, _ environment: [String: String]
    ) async throws(HostConfigurationError) -> [LocatedFunction] {
        let catalog = FunctionCatalog(environment: environment)
        var found = FunctionCatalog.Contents()
        do throws(CatalogProblem) {
            if let directory = configuration.directory { found = try await catalog.load(directory: directory) }
        } catch {
            throw HostConfigurationError(problems: ["FUNCTIONS_DIR: \(error)"])
        }
        if !configuration.functions.isEmpty {
            let named = await catalog.load(paths: configuration.functions)
            found.functions += named.functions
            found.problems += named.problems
        }
        if found.functions.isEmpty, found.problems.isEmpty {
            throw HostConfigurationError(problems: [
                "FUNCTIONS_DIR has no executable file: \(configuration.directory ?? "")"
            ])
        }
        if !found.problems.isEmpty { throw HostConfigurationError(problems: found.problems.map(\.description)) }
        return found.functions
    }

    /// A sentence with every variable that some function needs and that is not there; nil when all are.
    private static func missing(_ functions: [LocatedFunction], _ environment: [String: String]) -> String? {
        var keys: [String: String] = [:]
        for function in functions {
            let variables = function.description.environment
            func value(_ name: String) -> String? {
                if let value = environment[name], !value.isEmpty { return value }
                return variables.first { $0.name == name }?.defaultText
            }
            for key in variables where value(key.name) == nil {
                let isNeeded = key.neededWith.map { value($0.name) == $0.value } ?? key.required
                if isNeeded { keys[key.name] = key.summary }
            }
        }
        guard !keys.isEmpty else { return nil }
        let list = keys.sorted { $0.key < $1.key }.map { "\($0.key) (\($0.value))" }.joined(separator: ", ")
        return "The functions need these environment variables, which are missing: \(list)."
    }

    private static func service(
        _ trigger: Trigger, _ function: LocatedFunction, _ pool: ProcessPool, _ configuration: HostConfiguration,
        _ redis: Redis?, _ outage: Outage?, _ logger: Logger
    ) throws -> (any Service)? {
        let name = function.description.name
        switch trigger {
        case .queue(let queue, let attempts, let lease):
            guard configuration.triggers.contains(.queue), let redis else { return nil }
            let concurrency = function.description.limits.concurrency * configuration.limits.maximum
            return QueueTrigger(
                queue: Queue(redis, queue), function: name,
                invoker: pool,
                options: QueueTriggerOptions(concurrency: concurrency, attempts: attempts, lease: lease),
                redisOutage: outage, logger: logger)
        case .timer(let schedule):
            guard configuration.triggers.contains(.timer) else { return nil }
            return TimerTrigger(
                schedule: try Schedule(schedule), function: name, invoker: pool, claims: redis.map { TimerClaims($0) },
                redisOutage: outage, logger: logger)
        case .http, .object: return nil
        }
    }
}
