package import Redis
import ServiceLifecycle

/// The Azure Queue dialect on a port of its own, over the queues of the functions' triggers and those that clients make
/// (https://learn.microsoft.com/rest/api/storageservices/queue-service-rest-api).
package struct AzureQueueServer: Service {
    private let server: HTTPServer

    /// - Parameters:
    ///   - store: keeps the properties of the service.
    ///   - redis: holds the queues (`Queue`).
    ///   - options: accounts, host and port; the first account's queues are those of the functions.
    ///   - served: the names of the queues that functions listen to now; these are always there.
    ///   - onBound: called once with the port that was taken, before the first request.
    package init(
        store: ObjectStore, redis: Redis, options: AzureOptions = AzureOptions(port: 10_001),
        served: @escaping @Sendable () -> Set<String> = { [] },
        onBound: @escaping @Sendable (Int) async -> Void = { _ in }
    ) {
        server = HTTPServer(
            host: options.host, port: options.port,
            responder: QueueResponder(
                store: store, directory: QueueDirectory(redis: redis, served: served), options: options),
            onBound: onBound)
    }

    /// Serves until the task is cancelled.
    /// - Throws: ``StoreError/cannotListen(address:reason:)``.
    package func run() async throws { try await server.run() }
}
