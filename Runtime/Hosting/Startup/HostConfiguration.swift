package import FunctionRuntime

/// What a host reads from its environment. Every other variable goes on to the functions, and these do too.
package struct HostConfiguration: Sendable {
    static let port = ConfigurationKey<Int>("PORT", summary: "port to listen on", default: 8080)
    static let host = ConfigurationKey<String>("HOST", summary: "address to listen on", default: "0.0.0.0")
    static let triggers = ConfigurationKey<Set<HostTriggers>>(
        "TRIGGERS", summary: "kinds of triggers to serve", default: [.http], kind: "a list of triggers",
        want: "http,queue,timer,object", parse: HostTriggers.list)
    static let directory = ConfigurationKey<String>(
        "FUNCTIONS_DIR", summary: "directory of function executables", default: "")
    static let functions = ConfigurationKey<String>(
        "FUNCTIONS", summary: "paths of function executables, separated by colons", default: "")
    static let redisURL = ConfigurationKey<String>(
        "REDIS_URL", summary: "Redis, for queues and so that of several hosts only one fires a timer", default: "",
        secret: true)
    static let minimum = ConfigurationKey<Int>(
        "MIN_INSTANCES", summary: "processes of each function that are kept when idle", default: 0)
    static let maximum = ConfigurationKey<Int>(
        "MAX_INSTANCES", summary: "processes of each function at most", default: 4)
    static let idleSeconds = ConfigurationKey<Int>(
        "IDLE_SECONDS", summary: "seconds until an idle process above the minimum ends", default: 60)
    static let waiting = ConfigurationKey<Int>(
        "WAITING_CALLS", summary: "calls of one function that may wait for a process", default: 1024)
    static let bodyLimit = ConfigurationKey<Int>(
        "BODY_LIMIT", summary: "bytes of a request body at most", default: 8 * 1024 * 1024)
    static let origins = ConfigurationKey<String>(
        "ALLOWED_ORIGINS", summary: "origins that browsers may call from, separated by commas", default: "")
    static let forwarded = ConfigurationKey<Bool>(
        "TRUST_FORWARDED_FOR", summary: "whether a proxy in front sets X-Forwarded-For", default: false)
    static let showCrashes = ConfigurationKey<Bool>(
        "SHOW_CRASHES", summary: "whether clients see why a function crashed", default: false)

    static let eventsToken = ConfigurationKey<String>(
        "EVENTS_TOKEN", summary: "bearer token of the stores that post object events; needed with object in TRIGGERS",
        default: "", secret: true)

    /// All keys, for documentation.
    package static let keys: [any ConfigurationKeyProtocol] = [
        port, host, triggers, directory, functions, redisURL, minimum, maximum, idleSeconds, waiting, bodyLimit,
        origins, forwarded, showCrashes, eventsToken,
    ]

    package var triggers: Set<HostTriggers>
    /// Nil where only `functions` are named.
    package var directory: String?
    package var functions: [String]
    package var redisURL: String?
    /// What senders of object events have to show.
    package var eventsToken: String?
    package var http: HTTPOptions
    package var limits: PoolLimits

    /// - Throws: `HostConfigurationError` with every problem at once.
    package init(_ environment: [String: String]) throws(HostConfigurationError) {
        let configuration = Configuration(environment, keys: Self.keys)
        var problems = configuration.problems.map(\.message)
        do {
            triggers = try configuration[Self.triggers]
            directory = try configuration[Self.directory].nonEmpty
            functions = try configuration[Self.functions].split(separator: ":").map(String.init)
            redisURL = try configuration[Self.redisURL].nonEmpty
            eventsToken = try configuration[Self.eventsToken].nonEmpty
            http = HTTPOptions(
                host: try configuration[Self.host], port: try configuration[Self.port],
                bodyLimit: try configuration[Self.bodyLimit],
                allowedOrigins: try configuration[Self.origins].split(separator: ",").map(String.init),
                showsCrashes: try configuration[Self.showCrashes],
                trustsForwardedFor: try configuration[Self.forwarded])
            limits = PoolLimits(
                minimum: try configuration[Self.minimum], maximum: try configuration[Self.maximum],
                idleTimeout: .seconds(try configuration[Self.idleSeconds]), waiting: try configuration[Self.waiting])
        } catch {
            throw HostConfigurationError(problems: problems + (problems.isEmpty ? [error.message] : []))
        }
        problems += Self.rules(environment, self)
        if !problems.isEmpty { throw HostConfigurationError(problems: problems) }
    }

    /// What no single key can say.
    private static func rules(_ environment: [String: String], _ host: HostConfiguration) -> [String] {
        var problems: [String] = []
        if host.directory == nil, host.functions.isEmpty {
            problems.append(
                "FUNCTIONS_DIR and FUNCTIONS are both missing: set one to where the function executables are.")
        }
        if host.triggers.contains(.queue), host.redisURL == nil {
            problems.append("REDIS_URL is missing: TRIGGERS has queue, and queues are in Redis.")
        }
        if host.triggers.contains(.object), host.eventsToken == nil {
            problems.append(
                "EVENTS_TOKEN is missing: TRIGGERS has object, and anybody could post events without a token.")
        }
        if !(0...65_535).contains(host.http.port) {
            problems.append("PORT is not a port: \(host.http.port) (want 0 to 65535).")
        }
        for (key, value) in [(minimum.name, host.limits.minimum), (waiting.name, host.limits.waiting)] where value < 0 {
            problems.append("\(key) is negative: \(value).")
        }
        return problems
    }
}

/// Everything that is wrong with a host's environment.
package struct HostConfigurationError: Error, Sendable, Hashable, CustomStringConvertible {
    package let problems: [String]
    package var description: String { problems.joined(separator: "\n") }
}

extension String {
    fileprivate var nonEmpty: String? { isEmpty ? nil : self }
}
