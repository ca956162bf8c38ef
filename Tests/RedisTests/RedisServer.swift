import Foundation
import Redis

/// A real redis-server on a free port, for one test.
final class RedisServer: @unchecked Sendable {
    let port: Int
    let directory: URL
    private let arguments: [String]
    private var process: Process?

    var url: String { "redis://127.0.0.1:\(port)" }

    /// Starts a server and waits until it answers.
    init(_ arguments: [String] = [], port: Int? = nil) async throws {
        directory = FileManager.default.temporaryDirectory.appending(path: "redis-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
        self.port = try port ?? Self.freePort()
        self.arguments = arguments
        try await start()
    }

    deinit {
        kill()
        try? FileManager.default.removeItem(at: directory)
    }

    func start() async throws {
        let process = Process()
        process.executableURL = URL(filePath: "/usr/bin/redis-server")
        process.currentDirectoryURL = directory
        process.arguments =
            ["--port", String(port), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no", "--logfile", "log"]
            + arguments
        try process.run()
        self.process = process
        // Ready when it accepts connections; a TLS-only server has port 0 here and is waited for by its own test.
        let clock = ContinuousClock()
        let deadline = clock.now + .seconds(10)
        while true {
            let log = try? String(contentsOf: directory.appending(path: "log"), encoding: .utf8)
            if let log, log.components(separatedBy: "pid=\(process.processIdentifier)").count > 1,
                log.components(separatedBy: "Ready to accept connections").count > starts
            {
                break
            }
            guard clock.now < deadline else { throw RedisError.unavailable("redis-server did not start: \(log ?? "")") }
            try await Task.sleep(for: .milliseconds(5))
        }
        starts += 1
    }

    private var starts = 1

    /// SIGKILL, and waits for the end.
    func kill() {
        guard let process, process.isRunning else { return }
        Foundation.kill(process.processIdentifier, SIGKILL)
        process.waitUntilExit()
    }

    /// SIGSTOP: the connections stay, and nothing answers.
    func freeze() {
        Foundation.kill(process!.processIdentifier, SIGSTOP)
    }

    /// The end of `freeze`.
    func thaw() {
        Foundation.kill(process!.processIdentifier, SIGCONT)
    }

    static func freePort() throws -> Int {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        defer { close(descriptor) }
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = in_addr_t(INADDR_LOOPBACK).bigEndian
        var size = socklen_t(MemoryLayout<sockaddr_in>.size)
        let bound = withUnsafeMutablePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { pointer in
                bind(descriptor, pointer, size) == 0 && getsockname(descriptor, pointer, &size) == 0
            }
        }
        guard bound else { throw RedisError.unavailable("no port is free") }
        return Int(UInt16(bigEndian: address.sin_port))
    }
}
