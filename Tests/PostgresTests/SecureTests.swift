import FunctionTesting
import Testing

@testable import Postgres

/// TLS in the modes that libpq has (<https://www.postgresql.org/docs/current/libpq-ssl.html#LIBPQ-SSL-SSLMODE-STATEMENTS>).
@Suite(.timeLimit(.minutes(1))) struct SecureTests {
    private static func isEncrypted(_ url: String) async throws -> Bool? {
        var configuration = try PostgresConfiguration(url: url, poolSize: 1)
        configuration.waitLimit = .seconds(25)
        let postgres = Postgres(configuration)
        defer { postgres.close() }
        return try await postgres.first("select ssl from pg_stat_ssl where pid = pg_backend_pid()", as: Bool.self)
    }

    @Test func `speaks TLS as sslmode says, and checks whom it speaks with`() async throws {
        let server = try await TemporaryPostgres.start()
        let plain = server.url
        let refusal = try await postgresError { try await Self.isEncrypted(plain + "?sslmode=require") }
        #expect(refusal.description.contains("SSL"), "\(refusal)")
        #expect(try await Self.isEncrypted(plain) == false)

        let certificate = try await server.useTLS()
        let named = plain.replacing("127.0.0.1", with: "localhost")
        #expect(try await Self.isEncrypted(plain + "?sslmode=require") == true)
        #expect(try await Self.isEncrypted(plain + "?sslmode=disable") == false)
        #expect(try await Self.isEncrypted(named + "?sslmode=verify-full&sslrootcert=\(certificate)") == true)
        // Another name than the certificate's, and an authority that did not sign it.
        let wrongName = try await postgresError {
            try await Self.isEncrypted(plain + "?sslmode=verify-full&sslrootcert=\(certificate)")
        }
        #expect(wrongName.description.contains("127.0.0.1"), "\(wrongName)")
        let stranger = try await TemporaryPostgres.start()
        let other = try await stranger.useTLS()
        let unknown = try await postgresError {
            try await Self.isEncrypted(named + "?sslmode=verify-full&sslrootcert=\(other)")
        }
        #expect(unknown.description.contains("certificate"), "\(unknown)")
    }
}
