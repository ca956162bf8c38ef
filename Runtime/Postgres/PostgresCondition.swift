/// What a connection is in the middle of, between two statements.
enum PostgresCondition: Sendable {
    case idle
    case inTransaction
    /// A statement of the open transaction failed: the server takes nothing but a rollback.
    case inFailedTransaction
    /// The connection is gone, or not understood any more.
    case broken
}
