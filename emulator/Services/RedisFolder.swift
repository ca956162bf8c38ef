import FoundationEssentials
import Glibc

/// The files of the private Redis, and the server on them.
struct RedisFolder: Sendable {
    let path: String
    let program: String

    /// Makes the folder when it is not there and finds the program.
    ///
    /// - Throws: ``EmulatorError`` when Redis is missing or the folder cannot be made.
    init(in data: DataFolder, programs: ServerPrograms) throws {
        path = data.redis
        program = try programs.redis()
        do {
            try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
        } catch {
            throw EmulatorError("cannot make \(path): \(SystemMessage.last)")
        }
    }

    /// Ends a server that a killed emulator may have left on the folder: two would corrupt its append-only file.
    ///
    /// - Throws: ``EmulatorError`` when it does not end.
    func clear(notices: any Notices) async throws {
        guard let pid = TextFile.read(pidFile)?.split(separator: "\n").first.flatMap({ pid_t($0) }), runs(pid) else {
            return
        }
        notices.info("a Redis of an earlier emulator (process \(pid)) still runs on \(path): stopping it")
        let clock = ContinuousClock()
        let started = clock.now
        kill(pid, SIGTERM)
        while runs(pid) {
            let waited = clock.now - started
            if waited > .seconds(5) { kill(pid, SIGKILL) }
            if waited > .seconds(10) {
                throw EmulatorError("process \(pid) runs Redis on \(path) and does not end: stop it (kill -9 \(pid))")
            }
            try await Task.sleep(for: .milliseconds(20))
        }
    }

    /// The server on a port of the loopback interface: everything is appended to a file and synced each second.
    /// To sync each write costs the jobs' way about a quarter of its throughput, and jobs are in the database; only once a
    /// client of the queue service writes, whose messages are nowhere else, every write is.
    func command(port: Int, log: String) -> ServerCommand {
        ServerCommand(
            name: "Redis", executable: program,
            arguments: [
                "--port", "\(port)", "--bind", "127.0.0.1", "--dir", path, "--pidfile", pidFile, "--daemonize", "no",
                "--appendonly", "yes", "--appendfsync", "everysec", "--save", "", "--maxmemory-policy", "noeviction",
                "--loglevel", "warning",
            ],
            directory: path, log: log, account: nil, stopSignal: SIGTERM, killSignal: SIGKILL)
    }

    private var pidFile: String { path + "/redis.pid" }

    private func runs(_ pid: pid_t) -> Bool {
        (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/\(pid)/cwd")) == path
    }
}
