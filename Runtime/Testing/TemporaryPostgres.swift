import Glibc
import Synchronization

/// A real Postgres for a test: its own data folder under /tmp, its own port, gone with the test process.
///
///     let database = try await TemporaryPostgres.shared().createDatabase()   // fast: for most tests
///     let server = try await TemporaryPostgres.start()                        // to kill and to restart
///
/// As root it runs as `postgres` or `nobody`. It survives `kill`, and does not wait for the disk, so it would not survive a power failure.
package final class TemporaryPostgres: Sendable {
    /// The TCP port on 127.0.0.1.
    package let port: Int
    private let programs: String
    private let folder: TemporaryFolder
    private let process: TemporaryProcess
    private let databases = Mutex(0)
    private let extraSettings = Mutex<[String]>([])

    private static let sharedServer = SharedServer { try await TemporaryPostgres.start() }

    private init() throws {
        programs = try TemporaryPrograms.postgres()
        port = try TemporaryPort.free()
        folder = try TemporaryFolder(name: "postgres")
        process = TemporaryProcess(name: "postgres", folder: folder, deathSignal: SIGQUIT)
    }

    /// Makes a server and starts it: about a second.
    ///
    /// - Throws: `TemporaryServerError` that names the missing package, or ends with the server's log.
    package static func start() async throws -> TemporaryPostgres {
        let server = try TemporaryPostgres()
        try await server.process.run([
            server.programs + "/initdb", "--pgdata", server.data, "--username", "postgres", "--auth", "trust",
            "--encoding",
            "UTF8", "--locale", "C.UTF-8", "--no-sync", "--no-instructions",
        ])
        try await server.launch()
        return server
    }

    /// One server for all tests of this process that only need a database of their own.
    package static func shared() async throws -> TemporaryPostgres {
        try await sharedServer.value()
    }

    /// The URL of the database `postgres`, over TCP.
    package var url: String { url(database: "postgres") }

    /// The URL of a database, over TCP, as its superuser unless another role is given.
    package func url(database: String, user: String = "postgres") -> String {
        "postgres://\(user)@127.0.0.1:\(port)/\(database)"
    }

    /// The URL of a database over the Unix socket.
    package func socketURL(database: String = "postgres") -> String {
        "postgres://postgres@/\(database)?host=\(folder.path)&port=\(port)"
    }

    /// Makes an empty database and returns its URL.
    package func createDatabase() async throws -> String {
        let number = databases.withLock { count in
            count += 1
            return count
        }
        let name = "test\(number)"
        try await process.run([
            programs + "/createdb", "--host", folder.path, "--port", "\(port)", "--username", "postgres", name,
        ])
        return url(database: name)
    }

    /// Kills the server and all its sessions (SIGKILL).
    package func kill() async throws {
        try await process.end(SIGKILL)
    }

    /// Stops the server, breaking off its sessions (a "fast shutdown"); the data stays until `stop` or the end of the process.
    package func shutDown() async throws {
        try await process.end(SIGINT)
    }

    /// Starts the server again on the same port and data, after ending it if it still runs.
    package func restart() async throws {
        try await process.end(SIGINT)
        try await launch()
    }

    /// Has the server speak TLS, with a certificate for the name `localhost` that signs itself, and restarts it.
    ///
    /// - Returns: the PEM file of the certificate.
    package func useTLS() async throws -> String {
        let (key, certificate) = (folder.path + "/key.pem", folder.path + "/certificate.pem")
        try await process.run([
            "/usr/bin/openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes",
            "-days", "2", "-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost", "-keyout", key, "-out",
            certificate,
        ])
        extraSettings.withLock { $0 = ["ssl=on", "ssl_cert_file=\(certificate)", "ssl_key_file=\(key)"] }
        try await restart()
        return certificate
    }

    /// Stops the server. Its folder goes with this object.
    package func stop() async throws {
        try await process.end(SIGQUIT)
    }

    private var data: String { folder.path + "/data" }

    private func launch() async throws {
        let settings =
            [
                "listen_addresses=127.0.0.1", "port=\(port)", "unix_socket_directories=\(folder.path)", "fsync=off",
                "full_page_writes=off", "shared_buffers=32MB", "max_connections=200", "jit=off",
                "autovacuum=off", "timezone=UTC",
            ] + extraSettings.withLock { $0 }
        let pidFile = data + "/postmaster.pid"
        // A killed server's sessions hold its shared memory for a moment longer.
        try await process.start(
            [programs + "/postgres", "-D", data] + settings.flatMap { ["-c", $0] },
            mayRetry: { $0.contains("pre-existing shared memory block") },
            isReady: {
                // The eighth line is the server's state, which is what pg_ctl looks at.
                let lines = readText(pidFile)?.split(separator: "\n", omittingEmptySubsequences: false) ?? []
                return lines.count > 7 && lines[7].hasPrefix("ready")
            })
    }
}
