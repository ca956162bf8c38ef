import Glibc

/// A real Redis for a test: its own port on 127.0.0.1, gone with the test process.
///
/// It keeps everything in memory unless told to persist, so that a restart finds it empty.
package final class TemporaryRedis: Sendable {
    package let port: Int
    private let program: String
    private let persists: Bool
    private let settings: [String]
    private let folder: TemporaryFolder
    private let process: TemporaryProcess

    private static let sharedServer = SharedServer { try await TemporaryRedis.start() }

    private init(persists: Bool, settings: [String]) throws {
        program = try TemporaryPrograms.redis()
        port = try TemporaryPort.free()
        self.persists = persists
        self.settings = settings
        folder = try TemporaryFolder(name: "redis")
        process = TemporaryProcess(name: "redis", folder: folder, deathSignal: SIGKILL)
    }

    /// Starts a server.
    ///
    /// - Parameters:
    ///   - persists: whether every write goes to an append-only file, and survives `kill` and `restart`.
    ///   - settings: further command-line settings, such as `["--requirepass", "secret"]`.
    /// - Throws: `TemporaryServerError` that names the missing package, or ends with the server's log.
    package static func start(persists: Bool = false, settings: [String] = []) async throws -> TemporaryRedis {
        let server = try TemporaryRedis(persists: persists, settings: settings)
        try await server.launch()
        return server
    }

    /// One server for all tests of this process that keep to keys of their own.
    package static func shared() async throws -> TemporaryRedis {
        try await sharedServer.value()
    }

    package var url: String { "redis://127.0.0.1:\(port)" }

    /// Kills the server (SIGKILL).
    package func kill() async throws {
        try await process.end(SIGKILL)
    }

    /// Starts the server again on the same port, after ending it if it still runs.
    package func restart() async throws {
        try await process.end(SIGTERM)
        try await launch()
    }

    /// Stops the server. Its folder goes with this object.
    package func stop() async throws {
        try await process.end(SIGKILL)
    }

    private func launch() async throws {
        let persistence = persists ? ["--appendonly", "yes", "--appendfsync", "always"] : ["--appendonly", "no"]
        let port = port
        try await process.start(
            [program, "--port", "\(port)", "--bind", "127.0.0.1", "--dir", folder.path, "--save", ""] + persistence
                + settings,
            isReady: {
                // A server that wants a password says so, which is an answer too.
                TemporaryPort.answers(port, "PING\r\n", with: "+PONG")
                    || TemporaryPort.answers(port, "PING\r\n", with: "-NOAUTH")
            })
    }
}
