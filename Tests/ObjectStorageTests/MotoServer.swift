import Foundation
import Glibc

/// moto's S3 server: an implementation that nobody here wrote. It ends with the test process.
actor MotoServer {
    static let shared = MotoServer()

    private var running: Task<String, any Error>?
    private var process: Process?
    private var input: Pipe?
    /// Any free one, until the first start.
    private var port = 0

    struct NotStarted: Error, CustomStringConvertible {
        var description: String { "moto did not start: install the Python package moto[server]" }
    }

    /// The endpoint; the server is started by the first who asks.
    func endpoint() async throws -> String {
        if let running { return try await running.value }
        let process = Process()
        let input = Pipe()
        let output = Pipe()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = ["python3", "-c", Self.script, "\(port)"]
        process.standardInput = input
        process.standardOutput = output
        process.standardError = FileHandle.nullDevice
        try process.run()
        (self.process, self.input) = (process, input)
        let running = Task {
            let line = await withCheckedContinuation { continuation in
                Thread.detachNewThread { continuation.resume(returning: output.fileHandleForReading.availableData) }
            }
            guard let port = Int(String(decoding: line, as: UTF8.self).filter(\.isNumber)) else { throw NotStarted() }
            return "http://127.0.0.1:\(port)"
        }
        self.running = running
        return try await running.value
    }

    /// Kills it (SIGKILL), and all that it stored with it. The next `endpoint()` starts an empty one on the same port.
    func kill() async throws {
        guard let process, let url = try await running?.value else { return }
        port = Int(url.split(separator: ":").last ?? "0") ?? 0
        Glibc.kill(process.processIdentifier, SIGKILL)
        await withCheckedContinuation { continuation in
            Thread.detachNewThread {
                process.waitUntilExit()
                continuation.resume()
            }
        }
        running = nil
    }

    /// Ends when its input does: when this process is gone.
    private static let script = """
        import sys
        from moto.server import ThreadedMotoServer
        server = ThreadedMotoServer(ip_address="127.0.0.1", port=int(sys.argv[1]), verbose=False)
        server.start()
        print(server.get_host_and_port()[1], flush=True)
        sys.stdin.read()
        """
}
