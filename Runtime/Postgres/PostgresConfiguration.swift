/// Where the server is, and how many connections may be made to it.
///
/// The URL is libpq's (<https://www.postgresql.org/docs/current/libpq-connect.html#LIBPQ-CONNSTRING>), with every parameter that
/// libpq has, `sslmode` among them. One is ours: `?pgbouncer=true` says that a pooler in transaction mode stands in between,
/// so that no statement is prepared by name.
package struct PostgresConfiguration: Sendable, Hashable {
    /// What libpq is given.
    let url: String

    /// The URL without its password: for logs and errors.
    package let redactedURL: String

    /// Connections kept open while there is nothing to do, and opened at once.
    package var minimumPoolSize = 0

    /// Connections at most. Each has a thread of its own, which sleeps in the kernel while the server works.
    package var poolSize: Int

    /// How long a caller waits for a connection before it gets an error, attempts to connect included.
    package var waitLimit: Duration = .seconds(10)

    /// The age at which a connection is closed and replaced, so that a failover or a new password comes to be noticed.
    package var connectionLifetime: Duration = .seconds(30 * 60)

    /// Whether statements are prepared once a connection and then called by name. Off for poolers in transaction mode.
    package var preparesStatements = true

    /// Prepared statements kept on a connection; the least recently used one is dropped first.
    package var preparedStatementLimit = 256

    /// Checks the URL; nothing is connected.
    ///
    /// - Throws: `PostgresError.invalidConfiguration`, with `name` (the key that the URL was read from), the URL without its
    ///   password, and what is wanted.
    package init(url: String, name: String = "DATABASE_URL", poolSize: Int = 4) throws(PostgresError) {
        let parsed = PostgresURL(url)
        redactedURL = parsed.redacted
        self.poolSize = poolSize
        guard parsed.isPostgres else {
            throw .invalidConfiguration(
                "\(name) is not a Postgres URL: \"\(parsed.redacted)\" (want postgres://user@host:port/name)")
        }
        if let problem = parsed.problem {
            throw .invalidConfiguration(
                "\(name) is not a Postgres URL that libpq accepts: \"\(parsed.redacted)\": \(problem)")
        }
        guard poolSize > 0 else { throw .invalidConfiguration("a Postgres pool needs at least one connection") }
        self.url = parsed.forLibpq
        if parsed.isPooled { preparesStatements = false }
    }
}

extension PostgresConfiguration: CustomStringConvertible {
    package var description: String { redactedURL }
}
