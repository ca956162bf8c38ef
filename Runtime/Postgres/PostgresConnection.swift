internal import Glibc
internal import Synchronization
internal import Threads

/// One connection to the server, on a thread of its own: where libpq's blocking calls happen.
package actor PostgresConnection {
    private let executor = ThreadExecutor(name: "postgres")
    private let configuration: PostgresConfiguration
    private let canceler: PostgresCanceler
    private var session: PostgresSession?
    private var cancellation: PostgresCancellation?

    /// What others may see without waiting for the thread; written on the thread between two round trips.
    private struct Visible {
        var condition = PostgresCondition.broken
        var socket: Int32 = -1
    }

    private let visible = Mutex(Visible())

    /// `POLLRDHUP` of `poll(2)`, which Swift does not see: the other end has closed.
    private static let hangUp: Int16 = 0x2000

    nonisolated package var unownedExecutor: UnownedSerialExecutor { executor.asUnownedSerialExecutor() }

    init(_ configuration: PostgresConfiguration, canceler: PostgresCanceler) {
        self.configuration = configuration
        self.canceler = canceler
    }

    /// Connects after `delay`, on the connection's thread, and tells `completion` there.
    nonisolated func open(
        after delay: Duration, completion: @escaping @Sendable (Result<Void, PostgresError>) -> Void
    ) {
        executor.submit {
            if delay > .zero { usleep(UInt32(delay / .microseconds(1))) }
            completion(
                self.assumeIsolated { connection in Result { () throws(PostgresError) in try connection.connect() } })
        }
    }

    /// Closes the connection, on its thread, without waiting.
    nonisolated func close() {
        executor.submit { self.assumeIsolated { $0.disconnect() } }
    }

    private func connect() throws(PostgresError) {
        let session = try PostgresSession(configuration)
        self.session = session
        cancellation = session.cancellation()
        visible.withLock { $0 = Visible(condition: .idle, socket: session.socket) }
    }

    private func disconnect() {
        visible.withLock { $0 = Visible() }
        cancellation = nil
        session = nil
    }

    /// What the connection was in the middle of after its last round trip.
    nonisolated var condition: PostgresCondition { visible.withLock { $0.condition } }

    /// Whether the server's end is still there, as far as the kernel knows: costs one system call, no round trip.
    ///
    /// Only for a connection that nothing else uses at the moment.
    nonisolated var isAlive: Bool {
        visible.withLock { visible in
            guard visible.condition == .idle else { return false }
            var descriptor = pollfd(fd: visible.socket, events: Self.hangUp, revents: 0)
            return poll(&descriptor, 1, 0) == 0
        }
    }

    /// Runs the statements in one round trip, behind what `transaction` has still to send.
    ///
    /// - Parameter isCancellable: false for what must happen in a cancelled task too, such as a rollback.
    nonisolated func perform(
        _ statements: [PostgresStatement], in transaction: PostgresTransaction? = nil, isCancellable: Bool = true
    ) async throws -> [PostgresResult] {
        let operation = PostgresOperation()
        guard isCancellable else {
            return try await perform(statements, in: transaction, as: operation)
        }
        try Task.checkCancellation()
        return try await withTaskCancellationHandler {
            try await perform(statements, in: transaction, as: operation)
        } onCancel: {
            canceler.cancel(operation)
        }
    }

    private func perform(
        _ statements: [PostgresStatement], in transaction: PostgresTransaction?, as operation: PostgresOperation
    ) throws -> [PostgresResult] {
        guard let session else { throw PostgresError.connectionLost("the connection has been closed") }
        try operation.begin(cancellation)
        do {
            let pending = try transaction?.takePending() ?? []
            let results = try session.run(pending + statements)
            settle(session, transaction)
            _ = operation.finish()
            return Array(results.dropFirst(pending.count))
        } catch {
            settle(session, transaction)
            let wasCancelled = operation.finish()
            if wasCancelled, error.isStatementTimeout { throw CancellationError() }
            throw error
        }
    }

    /// Runs text with any number of statements, without parameters.
    func runScript(_ text: String) throws(PostgresError) {
        guard let session else { throw .connectionLost("the connection has been closed") }
        defer { settle(session, nil) }
        try session.runScript(text)
    }

    private func settle(_ session: PostgresSession, _ transaction: PostgresTransaction?) {
        let condition = session.condition
        visible.withLock { $0.condition = condition }
        transaction?.settle(condition)
    }
}

extension PostgresConnection: PostgresQueryable {
    nonisolated package func run(_ statements: [SQL], timeout: Duration?) async throws -> [PostgresResult] {
        let limit = try timeout.map { [try PostgresStatement(timeout: $0)] } ?? []
        return Array(try await perform(limit + statements.map(PostgresStatement.init)).dropFirst(limit.count))
    }
}
