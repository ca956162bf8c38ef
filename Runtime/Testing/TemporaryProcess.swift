import CLinux
import Glibc
import Synchronization
import Threads

/// A server of a test: started, killed and started again, and gone with the test process.
///
/// Everything that blocks happens on one thread, which also is the server's parent: the kernel ends the server when that
/// thread ends (parent-death signal), which it does with this object or with the process.
final class TemporaryProcess: Sendable {
    private let thread: ThreadExecutor
    private let name: String
    private let folder: TemporaryFolder
    private let deathSignal: Int32
    private let running = Mutex<pid_t?>(nil)

    /// - Parameter deathSignal: what the server gets when its parent is gone.
    init(name: String, folder: TemporaryFolder, deathSignal: Int32) {
        self.name = name
        self.folder = folder
        self.deathSignal = deathSignal
        thread = ThreadExecutor(name: "test-\(name)")
    }

    var log: String { folder.path + "/\(name).log" }

    /// Starts the server and waits until it is ready.
    ///
    /// - Parameters:
    ///   - mayRetry: whether a server that ended is to be started again, judged by its log.
    ///   - isReady: asked every few milliseconds.
    func start(
        _ command: [String], mayRetry: @escaping @Sendable (_ log: String) -> Bool = { _ in false },
        isReady: @escaping @Sendable () -> Bool
    ) async throws {
        try await thread.run {
            let deadline = ContinuousClock.now + .seconds(30)
            var child = try self.spawn(command)
            while !isReady() {
                if waitpid(child, nil, WNOHANG) == child {
                    let text = readText(self.log) ?? ""
                    guard mayRetry(text), .now < deadline else { throw self.failure("ended at once", text) }
                    truncate(self.log, 0)
                    child = try self.spawn(command)
                }
                guard .now < deadline else { throw self.failure("is not ready after 30 s", readText(self.log) ?? "") }
                usleep(5000)
            }
            self.running.withLock { $0 = child }
        }
    }

    /// Sends `signal` to the server, and to its children too for SIGKILL, and waits for their end.
    func end(_ signal: Int32) async throws {
        try await thread.run {
            guard let child = self.running.withLock({ $0 }) else { return }
            let children = (readText("/proc/\(child)/task/\(child)/children") ?? "").split(separator: " ").compactMap {
                pid_t($0)
            }
            kill(child, signal)
            if signal == SIGKILL { children.forEach { kill($0, SIGKILL) } }
            self.running.withLock { $0 = nil }
            _ = linux_reap(child)
            while children.contains(where: Self.isRunning) { usleep(1000) }
        }
    }

    /// Whether a process, which need not be our child, has not ended yet.
    private static func isRunning(_ process: pid_t) -> Bool {
        // "pid (name) state …", and the name may contain anything.
        guard let state = readText("/proc/\(process)/stat")?.split(separator: ")").last?.dropFirst().first else {
            return false
        }
        return state != "Z" && state != "X"
    }

    /// Runs a program to its end.
    func run(_ command: [String]) async throws {
        try await thread.run {
            let status = linux_reap(try self.spawn(command))
            guard status == 0 else {
                throw self.failure("failed with status \(status): \(command[0])", readText(self.log) ?? "")
            }
        }
    }

    private func spawn(_ command: [String]) throws -> pid_t {
        let output = open(log, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0o644)
        guard output >= 0 else { throw TemporaryServerError("cannot write \(log): \(lastError())") }
        defer { close(output) }
        let child = withArguments(command, ["PATH=/usr/bin:/bin", "LC_ALL=C.UTF-8"]) { arguments, environment in
            command[0].withCString { executable in
                folder.path.withCString { directory in
                    var server = linux_server(
                        executable: executable, arguments: arguments, environment: environment, directory: directory,
                        output: output, changes_user: folder.account == nil ? 0 : 1, user: folder.account?.user ?? 0,
                        group: folder.account?.group ?? 0, death_signal: deathSignal)
                    return linux_start_server(&server)
                }
            }
        }
        guard child > 0 else { throw TemporaryServerError("cannot run \(command[0]): \(lastError())") }
        return child
    }

    private func failure(_ what: String, _ log: String) -> TemporaryServerError {
        let end = log.split(separator: "\n").suffix(5).joined(separator: "\n")
        return TemporaryServerError("\(name) \(what); its log ends:\n\(end)")
    }
}

/// The text of a small file, if it can be read.
func readText(_ path: String) -> String? {
    let file = open(path, O_RDONLY | O_CLOEXEC)
    guard file >= 0 else { return nil }
    defer { close(file) }
    var bytes: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 16384)
    while case let count = read(file, &buffer, buffer.count), count > 0 { bytes += buffer[..<count] }
    return String(decoding: bytes, as: UTF8.self)
}
