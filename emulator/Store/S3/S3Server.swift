import ServiceLifecycle

/// The S3 dialect on a port of its own.
package struct S3Server: Service {
    private let server: HTTPServer
    private let lifecycle: LifecycleSweep
    private let store: ObjectStore

    /// - Parameter onBound: called once with the port that was taken, before the first request.
    package init(
        store: ObjectStore, options: S3Options = S3Options(),
        onBound: @escaping @Sendable (Int) async -> Void = { _ in }
    ) {
        server = HTTPServer(
            host: options.host, port: options.port, responder: S3Responder(store: store, options: options),
            onBound: onBound)
        lifecycle = LifecycleSweep(store)
        self.store = store
    }

    /// Serves until the task is cancelled, and meanwhile does what the lifecycles of the buckets ask for.
    /// - Throws: ``StoreError/cannotListen(address:reason:)``.
    package func run() async throws {
        try await store.forgetListeners()
        try await withThrowingTaskGroup { group in
            group.addTask { await lifecycle.run() }
            try await server.run()
            group.cancelAll()
        }
    }
}
