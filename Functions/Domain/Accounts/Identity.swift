package import FoundationEssentials
package import FunctionRuntime
internal import Postgres
internal import Synchronization

/// Who a request acts for.
package final class Identity: Sendable {
    /// The user that requests without a token act as. Set it on a developer's machine only: it opens the API to whoever reaches it.
    package static let developmentUser = ConfigurationKey<String>(
        "DEVELOPMENT_USER", summary: "e-mail address or id of the user that requests without a token act as; local only"
    ).optional

    private let name: String?
    private let database: Database
    private let known = Mutex<UUID?>(nil)

    /// - Throws: `ConfigurationProblem`.
    package init(_ configuration: Configuration, _ database: Database) throws {
        name = try configuration[Self.developmentUser]
        self.database = database
    }

    /// The user a request acts for.
    ///
    /// - Throws: `Failure.unauthenticated`.
    package func user(of headers: Headers) async throws -> UUID {
        if headers["authorization"] != nil {
            throw Failure.unauthenticated(
                "this service has no accounts yet, so no token is valid; send the request without an Authorization header"
            )
        }
        guard let user = try await developmentUser() else {
            throw Failure.unauthenticated("this request needs a token: send Authorization: Bearer …")
        }
        return user
    }

    /// The user that requests without a token act as, where there is one. The row is made when it is missing.
    package func developmentUser() async throws -> UUID? {
        guard let name else { return nil }
        if let user = known.withLock({ $0 }) { return user }
        let isAddress = name.contains("@")
        guard let id = isAddress ? UUID.version7() : UUID(uuidString: name) else {
            throw Failure.internal("DEVELOPMENT_USER is neither an e-mail address nor an id")
        }
        let insert: SQL =
            isAddress
            ? "insert into users (id, email) values (\(id), \(name)) on conflict (lower(email)) do nothing"
            : "insert into users (id) values (\(id)) on conflict (id) do nothing"
        let find: SQL =
            isAddress
            ? "select id from users where lower(email) = lower(\(name))" : "select id from users where id = \(id)"
        guard let row = try await database.asService(insert, find)[1].first else {
            throw Failure.internal("the development user was neither inserted nor found")
        }
        let user: UUID = try row["id"]
        known.withLock { $0 = user }
        return user
    }
}
