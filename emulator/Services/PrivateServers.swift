import Postgres
import Redis
import ServiceLifecycle

/// The database and the Redis of one emulator: private ones that it runs itself, or those that the environment names.
struct PrivateServers: Sendable {
    /// The database as its owner sees it.
    let databaseURL: String
    let redisURL: String
    /// Whether the database is our own; in one of somebody else's no login is made.
    let ownsDatabase: Bool
    /// Whether Redis is our own; how somebody else's keeps what it is told is their matter.
    let ownsRedis: Bool
    /// The processes that the emulator supervises, in the order in which they were started.
    let processes: [SupervisedServer]
    /// Those that it does not: where they are, without secrets.
    let external: [ServiceStatus]

    /// Starts what the environment does not replace, waits until all answers, and makes the database.
    ///
    /// - Throws: ``EmulatorError`` when a program is missing, a folder is not ours, or a server does not start; nothing is
    ///   left running then.
    static func start(
        environment: FunctionEnvironment, data: DataFolder, postgresPort: Int, redisPort: Int, notices: any Notices
    ) async throws -> PrivateServers {
        let programs = ServerPrograms(environment: environment.given)
        async let postgres = startPostgres(environment, data, programs, postgresPort, notices)
        async let redis = startRedis(environment, data, programs, redisPort, notices)
        let (first, second): (Started, Started)
        do {
            second = try await redis
        } catch {
            try? await postgres.server?.stop()  // its own failure, if any, is the lesser news
            throw error
        }
        do {
            first = try await postgres
        } catch {
            await second.server?.stop()
            throw error
        }
        return PrivateServers(
            databaseURL: first.url, redisURL: second.url, ownsDatabase: first.server != nil,
            ownsRedis: second.server != nil,
            processes: [first.server, second.server].compactMap { $0 },
            external: [first.external, second.external].compactMap { $0 })
    }

    /// Stops what was started, in reverse order.
    func stop() async {
        for process in processes.reversed() { await process.stop() }
    }

    private struct Started: Sendable {
        var url: String
        var server: SupervisedServer?
        var external: ServiceStatus?
    }

    private static func startPostgres(
        _ environment: FunctionEnvironment, _ data: DataFolder, _ programs: ServerPrograms, _ port: Int,
        _ notices: any Notices
    ) async throws -> Started {
        if let url = environment["DATABASE_URL"] {
            let redacted = try PostgresConfiguration(url: url).redactedURL
            return Started(url: url, external: ServiceStatus(name: "Postgres", phase: .external, address: redacted))
        }
        let cluster = try await PostgresCluster.open(in: data, programs: programs, notices: notices)
        try await cluster.clear(notices: notices)
        let server = SupervisedServer(
            cluster.command(port: port, log: data.logs + "/postgres.log"), address: "127.0.0.1:\(port)",
            notices: notices,
            probe: { cluster.isReady })
        try await server.start()
        do {
            let base = "postgres://\(PostgresCluster.name)@127.0.0.1:\(port)/"
            try await DatabaseSchema.create(PostgresCluster.name, at: base + "postgres")
            return Started(url: base + PostgresCluster.name, server: server)
        } catch {
            await server.stop()
            throw error
        }
    }

    /// Says right away that a Redis of somebody else's does not answer. Jobs are made without it, so the emulator goes on.
    private static func warnIfAway(_ configuration: RedisConfiguration, _ notices: any Notices) async {
        var configuration = configuration
        configuration.connectTimeout = .seconds(2)
        let redis = Redis(configuration)
        defer { redis.close() }
        do {
            _ = try await redis.send("PING", timeout: .seconds(2))
        } catch {
            notices.warning(
                "REDIS_URL names a Redis that does not serve (\(configuration)): \(error). Until it does, jobs are taken in "
                    + "and wait; check the address, or remove REDIS_URL for a private Redis.")
        }
    }

    private static func startRedis(
        _ environment: FunctionEnvironment, _ data: DataFolder, _ programs: ServerPrograms, _ port: Int,
        _ notices: any Notices
    ) async throws -> Started {
        if let url = environment["REDIS_URL"] {
            let configuration = try RedisConfiguration(url: url)
            let address = "\(configuration.host):\(configuration.port)"
            await warnIfAway(configuration, notices)
            return Started(url: url, external: ServiceStatus(name: "Redis", phase: .external, address: address))
        }
        let folder = try RedisFolder(in: data, programs: programs)
        try await folder.clear(notices: notices)
        let url = "redis://127.0.0.1:\(port)"
        let redis = try Redis(url: url, name: "emulator")
        let server = SupervisedServer(
            folder.command(port: port, log: data.logs + "/redis.log"), address: "127.0.0.1:\(port)", notices: notices,
            probe: { (try? await redis.send("PING").string) == "PONG" })
        try await server.start()
        return Started(url: url, server: server)
    }
}
