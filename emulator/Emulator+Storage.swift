import HTTPClient
import ObjectStore
import Redis
import ServiceLifecycle

/// The object store of one emulator: its servers, and those who hear of its objects.
extension Emulator {
    /// A target and the events that are kept for it.
    struct Listener: Sendable {
        let target: EventTarget
        let events: EventSequence
    }

    /// Opens the store, and lets it keep events for those who are to hear of them before anybody can write to it.
    ///
    /// - Throws: ``EmulatorError``, or the store's error.
    static func openStore(
        _ options: StoreStartOptions, targets: [EventTarget], seed: StoreFolder?, data: DataFolder, notices: any Notices
    ) async throws -> (store: ObjectStore, functions: StoreEventSource, listeners: [Listener]) {
        let store = try ObjectStore(
            directory: data.objects, options: StoreOptions(durability: options.fast ? .fast : .synced))
        if options.fast {
            notices.warning("--fast: a power failure may lose objects that were acknowledged")
        }
        if options.noAuth { notices.warning("--no-auth: whoever reaches the object store may do everything with it") }
        try await store.createBucketIfMissing(bucket)
        let functions = try await StoreEventSource(store: store, bucket: bucket)
        let gone = try await store.events.forgetConsumers(
            prefix: EventTarget.consumerPrefix, except: Set(targets.map(\.consumer)))
        for consumer in gone {
            notices.warning(
                "the event target \(consumer.dropFirst(EventTarget.consumerPrefix.count)) is not configured any more: "
                    + "what it had not taken is dropped")
        }
        var listeners: [Listener] = []
        for target in targets {
            listeners.append(Listener(target: target, events: try await store.events.subscribe(target.consumer)))
        }
        if let seed {
            let count = try await seed.seed(store, emits: options.seedEvents)
            notices.info("--seed: \(count) new objects of \(seed.path) are in the store")
        }
        return (store, functions, listeners)
    }

    /// The servers of the store's dialects.
    ///
    /// - Parameters:
    ///   - ownsRedis: whether Redis is the emulator's own, and to keep clients' messages as safe as the store its objects.
    ///   - served: the names of the queues that functions listen to.
    static func storeServers(
        _ store: ObjectStore, _ redis: Redis, ownsRedis: Bool, _ options: StartOptions, _ ports: Ports,
        users: [StoreUser],
        targets: [EventTarget],
        served: @escaping @Sendable () -> Set<String>, readiness: Readiness
    ) -> [any Service] {
        var s3 = S3Options(host: options.host, port: ports.s3, users: users)
        s3.checksSignatures = !options.store.noAuth
        s3.notificationTargets = Set(targets.map(\.id))
        let client = HTTPClient()
        s3.takesTest = { id, test in
            // Only AWS tries its targets.
            guard let target = targets.first(where: { $0.id == id && $0.shape == .aws }) else { return true }
            return await target.takes(test, client: client)
        }
        var blob = AzureOptions(host: options.host, port: ports.blob)
        blob.checksSignatures = !options.store.noAuth
        blob.keepsVersions = options.store.blobVersions
        var queue = blob
        queue.port = ports.queue
        queue.syncsQueues = ownsRedis && !options.store.fast
        return [
            BoundedService(
                service: S3Server(store: store, options: s3, onBound: { _ in readiness.reached("s3") }),
                grace: .milliseconds(300)),
            BoundedService(
                service: AzureServer(store: store, options: blob, onBound: { _ in readiness.reached("blob") }),
                grace: .milliseconds(300)),
            BoundedService(
                service: AzureQueueServer(
                    store: store, redis: redis, options: queue, served: served,
                    onBound: { _ in readiness.reached("queue") }), grace: .milliseconds(300)),
        ]
    }

    /// Those who bring events to targets outside.
    static func senders(
        _ listeners: [Listener], _ store: ObjectStore, _ addresses: Addresses, _ board: HandshakeBoard,
        deployment: String,
        notices: any Notices
    ) -> [any Service] {
        let origin = EventOrigin(
            s3Endpoint: addresses.s3Endpoint, blobEndpoint: addresses.blobEndpoint,
            account: AzureOptions.Account.standard.name, deployment: deployment)
        let client = HTTPClient()
        return listeners.map { listener in
            TargetSender(
                target: listener.target, store: store, origin: origin, client: client, notices: notices, board: board,
                events: listener.events)
        }
    }
}
