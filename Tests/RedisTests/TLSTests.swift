import Foundation
import Redis
import Testing

@testable import FunctionTesting

@Suite(.timeLimit(.minutes(1)))
struct TLSTests {
    /// A server that also speaks TLS, with a certificate for `localhost` signed by an authority of its own.
    private func start() async throws -> (server: TemporaryRedis, port: Int, authority: String) {
        let directory = FileManager.default.temporaryDirectory.appending(path: "tls-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
        try "subjectAltName=DNS:localhost,IP:127.0.0.1\n".write(
            to: directory.appending(path: "names"), atomically: true, encoding: .utf8)
        for line in [
            "req -x509 -newkey rsa:2048 -nodes -days 1 -subj /CN=authority -keyout ca.key -out ca.pem",
            "req -newkey rsa:2048 -nodes -subj /CN=localhost -keyout server.key -out server.csr",
            "x509 -req -in server.csr -CA ca.pem -CAkey ca.key -CAcreateserial -days 1 -extfile names -out server.pem",
        ] {
            let openssl = Process()
            openssl.executableURL = URL(filePath: "/usr/bin/openssl")
            openssl.currentDirectoryURL = directory
            openssl.arguments = line.split(separator: " ").map(String.init)
            openssl.standardError = FileHandle.nullDevice
            try openssl.run()
            openssl.waitUntilExit()
            #expect(openssl.terminationStatus == 0, "openssl \(line)")
        }
        let path = directory.path()
        // The server may run as another user.
        try FileManager.default.setAttributes([.posixPermissions: 0o644], ofItemAtPath: "\(path)/server.key")
        let port = try TemporaryPort.free()
        let server = try await TemporaryRedis.start(settings: [
            "--tls-port", String(port), "--tls-cert-file", "\(path)/server.pem", "--tls-key-file",
            "\(path)/server.key", "--tls-ca-cert-file", "\(path)/ca.pem", "--tls-auth-clients", "no",
        ])
        return (server, port, "\(path)/ca.pem")
    }

    @Test(arguments: ["localhost", "127.0.0.1"])
    func `speaks TLS with a server whose certificate is for its name or address`(host: String) async throws {
        let (server, port, authority) = try await start()
        let redis = try Redis(url: "rediss://\(host):\(port)?ca=\(authority)")
        let value = (0..<1_000_000).map { UInt8(truncatingIfNeeded: $0 &* 31) }
        try await redis.send("SET", "key", value)
        #expect(try await redis.send("GET", "key").bytes == value)
        try await withThrowingTaskGroup(of: Void.self) { group in
            for number in 0..<500 {
                group.addTask {
                    let echo = try await redis.send("ECHO", number)
                    #expect(echo.integer == Int64(number))
                }
            }
            try await group.waitForAll()
        }
        try await server.kill()
        await #expect(throws: RedisError.self) { try await redis.send("PING") }
    }

    @Test func `refuses a certificate that it does not trust`() async throws {
        let (server, port, _) = try await start()
        defer { withExtendedLifetime(server) {} }
        let redis = try Redis(url: "rediss://localhost:\(port)")
        let error = await #expect(throws: RedisError.self) { try await redis.send("PING") }
        #expect("\(error!)".contains("certificate is not trusted"), "\(error!)")
    }

    @Test func `refuses a certificate for another name`() async throws {
        let (server, port, authority) = try await start()
        defer { withExtendedLifetime(server) {} }
        // Also loopback, and not among the certificate's names.
        let redis = try Redis(url: "rediss://ip6-localhost.localdomain:\(port)?ca=\(authority)")
        let named = try Redis(url: "rediss://127.0.0.2:\(port)?ca=\(authority)")
        for redis in [redis, named] {
            await #expect(throws: RedisError.self) { try await redis.send("PING") }
        }
    }

    @Test func `says that the server does not speak TLS`() async throws {
        let server = try await TemporaryRedis.start()
        var configuration = try RedisConfiguration(url: "rediss://127.0.0.1:\(server.port)")
        configuration.connectTimeout = .seconds(2)
        let redis = Redis(configuration)
        let error = await #expect(throws: RedisError.self) { try await redis.send("PING") }
        guard case .unavailable(let reason) = error else {
            Issue.record("\(error!)")
            return
        }
        #expect(reason.contains("TLS handshake"), "\(reason)")
    }

    @Test func `names the file of authorities that cannot be read`() async throws {
        let server = try await TemporaryRedis.start()
        let redis = try Redis(url: "rediss://127.0.0.1:\(server.port)?ca=/none.pem")
        let error = await #expect(throws: RedisError.self) { try await redis.send("PING") }
        #expect("\(error!)".contains("/none.pem"), "\(error!)")
    }
}
