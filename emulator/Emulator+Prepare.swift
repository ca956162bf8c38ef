import FunctionRuntime
import Glibc
import HTTPClient
import Hosting
import JSON
import Logging
import NIOPosix
import ObjectStore
import ProviderStandIns
import Redis
import ServiceLifecycle

extension Emulator {
    /// Starts the private servers, finds the functions and wires everything.
    ///
    /// - Parameter ready: what to do once every server listens.
    /// - Throws: ``EmulatorError``; the private servers are stopped then.
    static func prepare(
        _ options: StartOptions, data: DataFolder, journal: Journal,
        ready: @escaping @Sendable (Emulator) async throws -> Void
    ) async throws -> Emulator {
        let environment = try FunctionEnvironment(file: options.envFile, inherited: FunctionEnvironment.inherited)
        // What is wrong with files is said before anything runs.
        let users = try StoreUsers.load(file: options.store.s3Users)
        let targets = try EventTargets.load(file: options.store.eventTargets, environment: environment.given)
        let seed = try options.store.seed.map(StoreFolder.init)
        let ports = try Ports(options, notices: journal)
        let finder = FunctionFinder(options.functions, environment: environment.given)
        try finder.check()
        async let found = finder.find()
        let servers = try await PrivateServers.start(
            environment: environment, data: data, postgresPort: ports.postgres, redisPort: ports.redis, notices: journal
        )
        do {
            try await migrate(servers.databaseURL, options, finder, journal)
            let login = servers.ownsDatabase ? try await DatabaseSchema.createLogin(at: servers.databaseURL) : nil
            let (store, objects, listeners) = try await openStore(
                options.store, targets: targets, seed: seed, data: data, notices: journal)
            let deployment = try await store.deploymentID()
            let contents = try await found
            return try await wire(
                Parts(
                    options: options, environment: environment, ports: ports, finder: finder, functions: contents,
                    servers: servers, login: login, store: store, users: users, objects: objects, listeners: listeners,
                    deployment: deployment,
                    data: data, journal: journal),
                ready: ready)
        } catch {
            await servers.stop()
            throw error
        }
    }

    /// What is there before anything is wired.
    private struct Parts {
        var options: StartOptions
        var environment: FunctionEnvironment
        var ports: Ports
        var finder: FunctionFinder
        var functions: FunctionCatalog.Contents
        var servers: PrivateServers
        /// The database login of the functions; nil: they use the owner's.
        var login: String?
        var store: ObjectStore
        /// Who may use S3; the first one is who the functions are.
        var users: [StoreUser]
        /// The store's events, kept from before its servers listen.
        var objects: StoreEventSource
        /// Those outside who hear of objects.
        var listeners: [Listener]
        /// The store's own name.
        var deployment: String
        var data: DataFolder
        var journal: Journal
    }

    private static func wire(
        _ parts: Parts, ready: @escaping @Sendable (Emulator) async throws -> Void
    ) async throws -> Emulator {
        let (journal, ports, options, store) = (parts.journal, parts.ports, parts.options, parts.store)
        let logger = Logger(label: "emulator") { _ in JournalLogHandler(journal: journal) }
        let threads = MultiThreadedEventLoopGroup.singleton
        let readiness = Readiness(waitingFor: [
            "gateway", "dashboard", "s3", "blob", "queue", "providers", "providers-tls",
        ])
        let standIns = StandInServer(
            host: options.host, port: ports.providers,
            secure: SecureListener(
                port: ports.providersTLS, authority: parts.data.providersCertificate,
                onRunning: { _ in readiness.reached("providers-tls") }),
            httpClient: HTTPClient(), logger: logger, onRunning: { _ in readiness.reached("providers") })
        let addresses = addresses(
            parts, providers: standIns.baseURLs(port: ports.providers, securePort: ports.providersTLS))
        let registry = FunctionRegistry(
            environment: parts.environment.composed(
                addresses: addresses, standIns: standIns.settings(port: ports.providers), login: parts.login,
                storage: options.storage, manifest: parts.data.manifest),
            manifest: parts.data.manifest, group: threads, journal: journal)
        for problem in parts.functions.problems { journal.warning("not served: \(problem)") }
        for function in parts.functions.functions { registry.add(function) }
        try registry.announce()
        let redis = try Redis(url: parts.servers.redisURL, name: "emulator")
        let webhook = ObjectWebhook(path: "/_emulator/events/")
        let gateway = try Gateway(
            host: options.host, port: ports.gateway, registry: registry, webhook: webhook, group: threads,
            logger: logger,
            journal: journal, onRunning: { readiness.reached("gateway") })
        let queues = ClientQueues(redis: redis, served: { registry.queueNames })
        if try store.wantsQueuesReset() {
            try await queues.reset()
            try await store.queuesAreReset()
        }
        let handshakes = HandshakeBoard(address: addresses.dashboard)
        let dashboard = DashboardServer(
            host: options.host, port: ports.dashboard,
            api: DashboardAPI(
                addresses: addresses, journal: journal, registry: registry, redis: redis,
                services: { [servers = parts.servers] in servers.processes.map(\.status) + servers.external },
                standInCalls: standIns.calls),
            storage: StorageAPI(store: store, queues: queues, handshakes: handshakes, notices: journal), logger: logger,
            onRunning: { readiness.reached("dashboard") })
        var services: [any Service] = parts.servers.processes
        services += storeServers(
            store, redis, ownsRedis: parts.servers.ownsRedis, options, ports, users: parts.users,
            targets: parts.listeners.map(\.target),
            served: { registry.queueNames },
            readiness: readiness)
        services += senders(
            parts.listeners, store, addresses, handshakes, deployment: parts.deployment, notices: journal)
        services += [
            BoundedService(service: standIns, grace: .milliseconds(300)), registry,
            BoundedService(service: dashboard, grace: .milliseconds(300)),
            BoundedService(service: gateway.trigger, grace: .seconds(5)),
            TriggerBoard(
                registry: registry,
                factory: TriggerFactory(
                    redis: redis, redisSetting: parts.servers.ownsRedis ? nil : "REDIS_URL", logger: logger),
                logger: logger),
        ]
        let sources: [any ObjectEventSource] = [parts.objects, webhook]
        services += sources.map { source in
            ObjectTrigger(source: source, subscriptions: { TriggerFactory.subscriptions(registry) }, logger: logger)
        }
        if !options.noReload {
            services.append(
                Reloader(
                    registry: registry, finder: parts.finder, data: parts.data, environment: parts.environment.given,
                    journal: journal))
        }
        services.append(readiness)
        let emulator = Emulator(addresses: addresses, registry: registry, servers: parts.servers, services: services)
        readiness.whenComplete { try await ready(emulator) }
        return emulator
    }

    private static func addresses(_ parts: Parts, providers: [String: String]) -> Addresses {
        let (ports, host) = (parts.ports, parts.options.host == "0.0.0.0" ? "127.0.0.1" : parts.options.host)
        let users = parts.users.map {
            Addresses.User(id: $0.id, name: $0.name, email: $0.email, access: $0.accessKey, secret: $0.secretKey)
        }
        let account = AzureOptions.Account.standard
        let blob = "http://\(host):\(ports.blob)/\(account.name)"
        let queue = "http://\(host):\(ports.queue)/\(account.name)"
        return Addresses(
            process: getpid(), gateway: "http://\(host):\(ports.gateway)",
            dashboard: "http://\(host):\(ports.dashboard)",
            s3Endpoint: "http://\(host):\(ports.s3)", s3Users: users, blobEndpoint: blob,
            blobConnectionString: "DefaultEndpointsProtocol=http;AccountName=\(account.name);AccountKey=\(account.key);"
                + "BlobEndpoint=\(blob);QueueEndpoint=\(queue);",
            queueEndpoint: queue,
            bucket: bucket, postgres: parts.servers.databaseURL, redis: parts.servers.redisURL, providers: providers,
            providersCertificate: parts.data.providersCertificate)
    }

    /// Brings the database to the newest schema, where the functions' package has migrations.
    private static func migrate(
        _ url: String, _ options: StartOptions, _ finder: FunctionFinder, _ journal: Journal
    ) async throws {
        let folder: String
        if let named = options.migrations {
            folder = named
        } else {
            let root = finder.folder.flatMap { SwiftPackage.root(of: $0) } ?? "."
            folder = root + "/infra/migrations"
            guard access(folder, R_OK) == 0 else { return }
        }
        for name in try await DatabaseSchema.migrate(url, from: folder) { journal.info("database: applied \(name)") }
    }
}
