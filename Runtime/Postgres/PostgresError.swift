/// Everything that can go wrong between a statement and its typed result. A cancelled task gets `CancellationError`.
package enum PostgresError: Error, Sendable, Equatable {
    /// The server refused the statement.
    case server(PostgresServerError)
    /// No connection could be made. `isTransient`: a later attempt may succeed (the server is starting, or away).
    case cannotConnect(String, isTransient: Bool)
    /// The connection broke while a statement was under way: whether it took effect is not known, unless it was in a
    /// transaction that is not committed.
    case connectionLost(String)
    /// The connection broke during COMMIT: whether the transaction took effect is not known.
    case commitUnknown(String)
    /// Every connection of the pool stayed in use for as long as a caller may wait.
    case poolExhausted(poolSize: Int, waited: Duration)
    /// The pool has been closed.
    case poolClosed
    /// A statement of this transaction failed before, and the error was not passed on: it has been rolled back.
    case transactionAborted
    /// The transaction is over, or a statement ended it behind its back.
    case transactionEnded
    /// A parameter cannot be sent.
    case invalidParameter(String)
    /// A column cannot be read as what was asked for, or is not there.
    case unreadableColumn(String)
    /// The URL or a setting is wrong.
    case invalidConfiguration(String)
    /// The migration files do not fit the database.
    case migration(String)
}

extension PostgresError: CustomStringConvertible {
    package var description: String {
        switch self {
        case .server(let error): error.description
        case .cannotConnect(let reason, _): "cannot connect to Postgres: \(reason)"
        case .connectionLost(let reason):
            "lost the connection to Postgres during a statement, which may or may not have taken effect: \(reason)"
        case .commitUnknown(let reason):
            "lost the connection to Postgres during COMMIT: whether the transaction took effect is not known: \(reason)"
        case .poolExhausted(let size, let waited):
            """
            no Postgres connection became free within \(waited): all \(size) are in use (make transactions shorter, or the \
            pool larger)
            """
        case .poolClosed: "the Postgres pool is closed"
        case .transactionAborted:
            "the transaction was rolled back: one of its statements failed and its error was not passed on"
        case .transactionEnded:
            "the transaction is over (use it only inside its closure, and leave COMMIT and ROLLBACK to it)"
        case .invalidParameter(let reason): reason
        case .unreadableColumn(let reason): reason
        case .invalidConfiguration(let reason): reason
        case .migration(let reason): reason
        }
    }
}

extension PostgresError {
    /// The five characters of the server's error code, where the server sent one.
    /// <https://www.postgresql.org/docs/current/errcodes-appendix.html>
    package var sqlState: String? {
        if case .server(let error) = self { error.sqlState } else { nil }
    }

    /// The constraint that a statement would have violated.
    package var constraint: String? {
        if case .server(let error) = self { error.constraint } else { nil }
    }

    package var isUniqueViolation: Bool { sqlState == "23505" }
    package var isForeignKeyViolation: Bool { sqlState == "23503" }
    package var isCheckViolation: Bool { sqlState == "23514" }
    package var isNotNullViolation: Bool { sqlState == "23502" }

    /// The role may not do this, or a row-level security policy forbids the row.
    package var isInsufficientPrivilege: Bool { sqlState == "42501" }

    /// The statement ran longer than its timeout.
    package var isStatementTimeout: Bool { sqlState == "57014" }

    /// Two transactions were in each other's way (serialization failure or deadlock): run the transaction again.
    package var isSerializationFailure: Bool { sqlState == "40001" || sqlState == "40P01" }

    /// The server is gone or going: it was killed, shut down, or the network broke (SQLSTATE class 08 and 57P0x).
    package var isConnectionLost: Bool {
        switch self {
        case .connectionLost, .commitUnknown: true
        case .server(let error): error.sqlState.hasPrefix("08") || error.sqlState.hasPrefix("57P0")
        default: false
        }
    }
}
