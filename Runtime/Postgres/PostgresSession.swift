internal import CPostgres

/// One session of libpq, blocking: only ever used on the thread of its `PostgresConnection`.
///
/// It stays in pipeline mode (<https://www.postgresql.org/docs/current/libpq-pipeline-mode.html>), so that preparing a statement,
/// running it, and whatever belongs to it cost one round trip together.
final class PostgresSession {
    private let handle: OpaquePointer
    private let preparesStatements: Bool
    private var cache: StatementCache
    /// Set when our place in the stream of results is lost.
    private var isOutOfStep = false

    /// Connects, and waits for it.
    ///
    /// - Throws: `PostgresError.cannotConnect`.
    init(_ configuration: PostgresConfiguration) throws(PostgresError) {
        let connected = connectToPostgres(configuration.url)
        guard let handle = connected else { throw .cannotConnect("out of memory", isTransient: true) }
        guard PQstatus(handle) == CONNECTION_OK, PQenterPipelineMode(handle) == 1 else {
            let reason = Self.message(of: handle)
            PQfinish(handle)
            throw .cannotConnect(reason, isTransient: isPostgresAway(configuration.url))
        }
        self.handle = handle
        preparesStatements = configuration.preparesStatements
        cache = StatementCache(limit: configuration.preparedStatementLimit)
    }

    deinit {
        PQfinish(handle)
    }

    var socket: Int32 { PQsocket(handle) }

    /// What another thread needs to cancel a running statement.
    func cancellation() -> PostgresCancellation? {
        PQgetCancel(handle).map(PostgresCancellation.init)
    }

    var condition: PostgresCondition {
        if isOutOfStep || PQstatus(handle) != CONNECTION_OK { return .broken }
        switch PQtransactionStatus(handle) {
        case PQTRANS_IDLE: return .idle
        case PQTRANS_INTRANS: return .inTransaction
        case PQTRANS_INERROR: return .inFailedTransaction
        default: return .broken
        }
    }

    /// Runs the statements in one round trip.
    ///
    /// Where the server has lost a prepared statement or finds its plan outdated, and no transaction is open, they are
    /// prepared and run again: nothing of them has taken effect then.
    func run(_ statements: [PostgresStatement]) throws(PostgresError) -> [PostgresResult] {
        guard condition == .idle else { return try attempt(statements) }
        do {
            return try attempt(statements)
        } catch .server(let error) where error.isMissingPreparedStatement || error.isOutdatedPlan {
            if condition != .idle { _ = try attempt([PostgresStatement(control: "rollback")]) }
            return try attempt(statements)
        }
    }

    /// Runs text with any number of statements by the simple protocol, which takes no parameters.
    func runScript(_ text: String) throws(PostgresError) {
        guard !text.utf8.contains(0) else {
            throw .invalidParameter("the text of a statement contains the character U+0000")
        }
        guard PQexitPipelineMode(handle) == 1 else { throw lost() }
        guard let result = PQexec(handle, text) else { throw lost() }
        defer { PQclear(result) }
        let status = PQresultStatus(result)
        guard PQstatus(handle) == CONNECTION_OK, PQenterPipelineMode(handle) == 1 else {
            isOutOfStep = true
            throw serverError(in: result, statement: "") ?? lost()
        }
        switch status {
        case PGRES_COMMAND_OK, PGRES_TUPLES_OK, PGRES_EMPTY_QUERY: return
        default: throw serverError(in: result, statement: "") ?? lost()
        }
    }

    // MARK: - One round trip

    /// What the next result from the server answers.
    private enum Step {
        case deallocate
        case prepare(StatementCache.Key)
        case execute(Int)
        case sync
    }

    private func attempt(_ statements: [PostgresStatement]) throws(PostgresError) -> [PostgresResult] {
        var steps: [Step] = []
        if condition == .idle {
            // A transaction of their own each: a statement that is gone already must not fail what follows.
            for text in cache.takeDeallocations() {
                try send(PQsendQueryParams(handle, text, 0, nil, nil, nil, nil, 1))
                try send(PQpipelineSync(handle))
                steps += [.deallocate, .sync]
            }
        }
        for (index, statement) in statements.enumerated() {
            if preparesStatements && statement.isPreparable {
                let key = StatementCache.Key(statement)
                let name: String
                if let known = cache.name(for: key) {
                    name = known
                } else {
                    name = cache.add(key)
                    let types = statement.parameters.map(\.type.rawValue)
                    try send(PQsendPrepare(handle, name, statement.text, Int32(types.count), types))
                    steps.append(.prepare(key))
                }
                try send(
                    statement.withValues {
                        PQsendQueryPrepared(handle, name, $0.count, $0.values, $0.lengths, $0.formats, 1)
                    })
            } else {
                let types = statement.parameters.map(\.type.rawValue)
                try send(
                    statement.withValues {
                        PQsendQueryParams(
                            handle, statement.text, $0.count, types, $0.values, $0.lengths, $0.formats, 1)
                    })
            }
            steps.append(.execute(index))
        }
        try send(PQpipelineSync(handle))
        return try receive(steps + [.sync], for: statements)
    }

    private func send(_ accepted: Int32) throws(PostgresError) {
        guard accepted == 1 else {
            isOutOfStep = true
            throw lost()
        }
    }

    /// Reads a result for every step, even behind an error, and throws the first error in the end.
    private func receive(
        _ steps: [Step], for statements: [PostgresStatement]
    ) throws(PostgresError) -> [PostgresResult] {
        var results: [PostgresResult] = []
        var failure: PostgresError?
        for step in steps {
            guard let result = PQgetResult(handle), PQstatus(handle) == CONNECTION_OK else {
                isOutOfStep = true
                throw failure ?? lost()
            }
            switch (step, PQresultStatus(result)) {
            case (.sync, PGRES_PIPELINE_SYNC):
                PQclear(result)
                continue
            case (.execute, PGRES_TUPLES_OK), (.execute, PGRES_COMMAND_OK), (.execute, PGRES_EMPTY_QUERY):
                results.append(PostgresResult(result))
            case (.prepare, PGRES_COMMAND_OK), (.deallocate, _):
                PQclear(result)
            case (.prepare(let key), _):
                cache.remove(key)
                failure = failure ?? serverError(in: result, statement: key.text)
                PQclear(result)
            case (.execute(let index), _):
                failure = failure ?? serverError(in: result, statement: statements[index].text)
                PQclear(result)
            case (.sync, _):
                PQclear(result)
                isOutOfStep = true
                throw failure ?? lost()
            }
            // Behind every result but a sync's comes the end of that step.
            if let surplus = PQgetResult(handle) {
                PQclear(surplus)
                isOutOfStep = true
                throw failure ?? .connectionLost("the server sent more results than there were statements (COPY?)")
            }
        }
        if let failure {
            if case .server(let error) = failure, error.isMissingPreparedStatement || error.isOutdatedPlan {
                cache.reset()
            }
            throw failure
        }
        return results
    }

    // MARK: - Errors

    private func lost() -> PostgresError {
        .connectionLost(Self.message(of: handle))
    }

    /// Nil for a step that was only skipped because an earlier one failed.
    private func serverError(in result: OpaquePointer, statement: String) -> PostgresError? {
        func field(_ code: Character) -> String? {
            PQresultErrorField(result, Int32(code.asciiValue ?? 0)).map { String(cString: $0) }
        }
        guard PQresultStatus(result) != PGRES_PIPELINE_ABORTED else { return nil }
        guard let sqlState = field("C") else {
            isOutOfStep = true
            return .connectionLost(Self.line(String(cString: PQresultErrorMessage(result))))
        }
        return .server(
            PostgresServerError(
                sqlState: sqlState, message: field("M") ?? "", detail: field("D"), hint: field("H"),
                constraint: field("n"), table: field("t"), column: field("c"), position: field("P").flatMap { Int($0) },
                routine: field("R"), statement: statement))
    }

    private static func message(of handle: OpaquePointer) -> String {
        line(String(cString: PQerrorMessage(handle)))
    }

    private static func line(_ text: String) -> String {
        text.split(whereSeparator: \.isWhitespace).joined(separator: " ")
    }
}
