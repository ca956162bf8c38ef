/// A server that is started by the first test that asks for it, and serves all others too.
actor SharedServer<Server: Sendable> {
    private let start: @Sendable () async throws -> Server
    private var starting: Task<Server, any Error>?

    init(start: @escaping @Sendable () async throws -> Server) {
        self.start = start
    }

    /// The server, once it runs; a start that failed fails for everyone.
    func value() async throws -> Server {
        // Unstructured, because a test that gives up must not take the server from the others.
        let task = starting ?? Task { [start] in try await start() }
        starting = task
        return try await task.value
    }
}
