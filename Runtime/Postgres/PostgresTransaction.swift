internal import Synchronization

/// A transaction, for as long as its closure runs.
///
/// `BEGIN` and the options travel with the first statement, so a transaction without statements costs nothing, and one with n
/// of them n + 1 round trips. When a task is cancelled or a statement fails, everything is rolled back.
package final class PostgresTransaction: PostgresQueryable {
    private struct State {
        /// What is to be sent before the next statement.
        var pending: [PostgresStatement]
        var isBegun = false
        var isOver = false
        var savepoints = 0
    }

    private let connection: PostgresConnection
    private let state: Mutex<State>

    init(on connection: PostgresConnection, _ options: PostgresTransactionOptions) throws(PostgresError) {
        self.connection = connection
        state = Mutex(State(pending: try options.statements()))
    }

    /// Sends the statements together, in one round trip.
    ///
    /// - Parameter timeout: for each of them, and for those that follow in this transaction until another one is given.
    package func run(_ statements: [SQL], timeout: Duration?) async throws -> [PostgresResult] {
        let limit = try timeout.map { [try PostgresStatement(timeout: $0)] } ?? []
        let results = try await connection.perform(limit + statements.map(PostgresStatement.init), in: self)
        return Array(results.dropFirst(limit.count))
    }

    /// A transaction within the transaction (a savepoint): when `body` throws, what it did is undone and the rest stays.
    @discardableResult
    package func transaction<Value>(_ body: (PostgresTransaction) async throws -> Value) async throws -> Value {
        let savepoint = PostgresStatement(control: "savepoint s\(nextSavepoint())")
        state.withLock { $0.pending.append(savepoint) }
        let value: Value
        do {
            value = try await body(self)
            if connection.condition == .inFailedTransaction { throw PostgresError.transactionAborted }
        } catch {
            try await undo(savepoint)
            throw error
        }
        state.withLock { $0.pending.append(PostgresStatement(control: "release \(savepoint.text)")) }
        return value
    }

    private func nextSavepoint() -> Int {
        state.withLock { state in
            state.savepoints += 1
            return state.savepoints
        }
    }

    private func undo(_ savepoint: PostgresStatement) async throws {
        // Whatever was not sent yet needs no undoing, and nothing after the savepoint is wanted any more.
        let wasSent = state.withLock { state in
            guard let index = state.pending.firstIndex(where: { $0.text == savepoint.text }) else {
                state.pending = []
                return true
            }
            state.pending.removeSubrange(index...)
            return false
        }
        guard wasSent, connection.condition == .inTransaction || connection.condition == .inFailedTransaction else {
            return
        }
        let undoing = ["rollback to \(savepoint.text)", "release \(savepoint.text)"].map(
            PostgresStatement.init(control:))
        _ = try await connection.perform(undoing, isCancellable: false)
    }

    // MARK: - For the connection

    /// What goes before the next statement; called on the connection's thread, so that nothing can overtake `BEGIN`.
    func takePending() throws(PostgresError) -> [PostgresStatement] {
        let (pending, isOver) = state.withLock { state in
            defer {
                state.pending = []
                state.isBegun = true
            }
            return (state.pending, state.isOver)
        }
        guard !isOver else { throw .transactionEnded }
        return pending
    }

    /// Ends the transaction where the server has: nothing may run outside of it, without its role.
    func settle(_ condition: PostgresCondition) {
        guard condition == .idle || condition == .broken else { return }
        state.withLock { $0.isOver = true }
    }

    // MARK: - The end

    /// Commits; on failure everything has been rolled back, but for `commitUnknown`.
    func commit() async throws {
        let (isBegun, isOver) = state.withLock { state in
            defer { if !state.isBegun { state.isOver = true } }
            return (state.isBegun, state.isOver)
        }
        guard isBegun else { return }
        guard !isOver else { throw PostgresError.transactionEnded }
        guard connection.condition == .inTransaction else { throw PostgresError.transactionAborted }
        try Task.checkCancellation()
        let commit = [PostgresStatement(control: "commit")]
        do {
            let results = try await connection.perform(commit, in: self, isCancellable: false)
            // The server answers COMMIT with ROLLBACK where the transaction had failed.
            guard results.last?.command == "COMMIT" else { throw PostgresError.transactionAborted }
        } catch PostgresError.connectionLost(let reason) {
            throw PostgresError.commitUnknown(reason)
        }
    }

    /// Sends the statements and `COMMIT` together, in one round trip.
    func runAndCommit(_ statements: [SQL]) async throws -> [PostgresResult] {
        let commit = PostgresStatement(control: "commit")
        do {
            return try await connection.perform(statements.map(PostgresStatement.init) + [commit], in: self).dropLast()
        } catch PostgresError.connectionLost(let reason) {
            throw PostgresError.commitUnknown(reason)
        }
    }

    /// Undoes everything. A connection that cannot even do that is not idle, and its pool closes it.
    func rollback() async {
        state.withLock { $0.isOver = true }
        guard connection.condition == .inTransaction || connection.condition == .inFailedTransaction else { return }
        _ = try? await connection.perform([PostgresStatement(control: "rollback")], isCancellable: false)
    }
}
