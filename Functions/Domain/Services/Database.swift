package import FoundationEssentials
internal import FunctionRuntime
internal import JSON
package import Postgres

/// Postgres, seen as one of the schema's two roles. Each call is one transaction in one round trip: the role and the subject are
/// set for that transaction only, and the statements follow in the same message.
package struct Database: Sendable {
    /// The pool itself, for what no role stands between: health checks and migrations.
    package let postgres: Postgres

    package init(_ postgres: Postgres) {
        self.postgres = postgres
    }

    /// Runs statements as the unprivileged role, with `user` as the subject the policies read.
    ///
    /// - Returns: the results of `statements`, in order.
    /// - Throws: `Failure.unavailable` when Postgres cannot be reached; else `PostgresError`.
    package func asUser(_ user: UUID, _ statements: SQL...) async throws -> [PostgresResult] {
        let claims: JSON = ["sub": .string(user.text), "role": "authenticated"]
        return try await run(
            """
            select set_config('role', 'authenticated', true), 
                set_config('request.jwt.claims', \(claims.text), true)
            """, statements)
    }

    /// Runs statements as the service itself, which sees the rows of every user.
    ///
    /// - Returns: the results of `statements`, in order.
    /// - Throws: `Failure.unavailable` when Postgres cannot be reached; else `PostgresError`.
    @discardableResult
    package func asService(_ statements: SQL...) async throws -> [PostgresResult] {
        try await run("select set_config('role', 'service_role', true)", statements)
    }

    private func run(_ role: SQL, _ statements: [SQL]) async throws -> [PostgresResult] {
        do {
            return Array(try await postgres.run([role] + statements).dropFirst())
        } catch let error as PostgresError where error.isOutage {
            throw Failure.unavailable("the database cannot be reached; try again in a moment")
        }
    }
}

extension PostgresError {
    /// Whether the server is away, rather than displeased.
    package var isOutage: Bool {
        switch self {
        case .cannotConnect, .poolExhausted: true
        default: isConnectionLost
        }
    }
}
