package import FunctionRuntime
internal import Postgres

extension Database {
    package static let url = ConfigurationKey<String>(
        "DATABASE_URL",
        summary: "Postgres database; its login role must be allowed to become authenticated and service_role",
        secret: true,
        kind: "a Postgres URL", want: "postgres://user@host:port/name"
    ) { $0.hasPrefix("postgres://") || $0.hasPrefix("postgresql://") ? $0 : nil }

    /// The keys a function declares that uses the database.
    package static let environment: [any ConfigurationKeyProtocol] = [url]

    /// Opens a pool; nothing is connected before the first statement.
    ///
    /// - Parameter connections: at most so many; a statement holds one for its round trip only.
    /// - Throws: `ConfigurationProblem` or `PostgresError`, with a sentence that shows no password.
    package init(_ configuration: Configuration, connections: Int = 4) throws {
        self.init(
            Postgres(
                try PostgresConfiguration(url: try configuration[Self.url], name: Self.url.name, poolSize: connections))
        )
    }
}
