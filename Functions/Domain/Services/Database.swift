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
        Array(try await run([Self.role(of: user)] + statements).dropFirst())
    }

    /// Runs a statement for each of several users, each seen with its own subject: one transaction, one round trip.
    ///
    /// - Returns: the results in order.
    /// - Throws: as `asUser`; nothing has taken effect then.
    package func asUsers(_ statements: [(user: UUID, statement: SQL)]) async throws -> [PostgresResult] {
        let results = try await run(statements.flatMap { [Self.role(of: $0.user), $0.statement] })
        return stride(from: 1, to: results.count, by: 2).map { results[$0] }
    }

    /// Runs statements as the service itself, which sees the rows of every user.
    ///
    /// - Returns: the results of `statements`, in order.
    /// - Throws: `Failure.unavailable` when Postgres cannot be reached; else `PostgresError`.
    @discardableResult
    package func asService(_ statements: SQL...) async throws -> [PostgresResult] {
        Array(try await run([Self.service] + statements).dropFirst())
    }

    /// Every statement reaches its rows by an index. A plan that is cached while the tables are small, when a scan would be cheaper,
    /// must not stay one when they have grown.
    private static let service: SQL =
        "select set_config('role', 'service_role', true), set_config('enable_seqscan', 'off', true)"

    private static func role(of user: UUID) -> SQL {
        let claims: JSON = ["sub": .string(user.text), "role": "authenticated"]
        return """
            select set_config('role', 'authenticated', true), set_config('request.jwt.claims', \(claims.text), true),
                set_config('enable_seqscan', 'off', true)
            """
    }

    private func run(_ statements: [SQL]) async throws -> [PostgresResult] {
        do {
            return try await postgres.run(statements)
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

extension Batches {
    /// Transactions of the database. One that is away fails every item of a transaction alike.
    package init(lanes: Int = 2, perform: @escaping @Sendable ([Item]) async throws -> [Answer]) {
        self.init(lanes: lanes, isShared: { !($0 is PostgresError) }, perform: perform)
    }
}
