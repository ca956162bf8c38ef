import ServiceLifecycle

/// The Azure Blob dialect on a port of its own.
package struct AzureServer: Service {
    private let server: HTTPServer
    private let copies = PendingCopies()
    private let sweep: RetentionSweep

    /// - Parameter onBound: called once with the port that was taken, before the first request.
    package init(
        store: ObjectStore, options: AzureOptions = AzureOptions(),
        onBound: @escaping @Sendable (Int) async -> Void = { _ in }
    ) {
        sweep = RetentionSweep(store, options.accounts)
        server = HTTPServer(
            host: options.host, port: options.port,
            responder: AzureResponder(store: store, options: options, copies: copies), onBound: onBound)
    }

    /// Serves until the task is cancelled.
    /// - Throws: ``StoreError/cannotListen(address:reason:)``.
    package func run() async throws {
        try await withThrowingTaskGroup { group in
            group.addTask { await copies.run() }
            group.addTask { await sweep.run() }
            group.addTask { try await server.run() }
            _ = try await group.next()
            group.cancelAll()
            try await group.waitForAll()
        }
    }
}
