import CLinux
import Glibc
import Synchronization
import SystemPackage
import Threads

/// A child process in its own process group, ended by the kernel when this process dies.
///
/// swift-subprocess is not used, for two measured reasons. It has no hook between fork and exec on Linux, so a child cannot be
/// given a parent-death signal; and that signal belongs to the parent *thread*, so the spawning thread must live exactly as
/// long as the child. Here every child has one small thread: it spawns, then waits for the end, and reaps.
final class ChildProcess: Sendable {
    /// How a process ended (wait(2)).
    enum Ending: Sendable, Hashable {
        case exited(Int32)
        case signalled(Int32)
    }

    let identifier: Int32
    private let isReaped = Mutex(false)

    private init(identifier: Int32) {
        self.identifier = identifier
    }

    /// Sends a signal to the whole process group. Does nothing once the process is reaped, when its number may be another's.
    func signal(_ number: Int32) {
        isReaped.withLock { reaped in
            if !reaped { _ = kill(-identifier, number) }
        }
    }

    /// Resident memory in bytes, or nil when it cannot be told (proc(5), statm).
    var residentMemory: Int? {
        guard let file = try? FileDescriptor.open("/proc/\(identifier)/statm", .readOnly) else { return nil }
        let text = try? file.closeAfter {
            try withUnsafeTemporaryAllocation(byteCount: 256, alignment: 1) { buffer in
                String(decoding: UnsafeRawBufferPointer(buffer)[..<(try file.read(into: buffer))], as: UTF8.self)
            }
        }
        guard let fields = text?.split(separator: " "), fields.count > 1, let pages = Int(fields[1]) else { return nil }
        return pages * Int(getpagesize())
    }

    /// Starts an executable on a thread of its own.
    ///
    /// - Parameters:
    ///   - niceness: Added to this process' own (nice(2)).
    ///   - streams: The child's standard input, output and error; they are closed here when it runs or could not be started.
    ///   - whenStarted: Called on that thread with the process, or with the reason it could not be started.
    ///   - whenEnded: Called on that thread after the process was reaped, when it had been started.
    static func start(
        path: String, arguments: [String], environment: [String: String], niceness: Int32 = 0,
        streams: (input: FileDescriptor, output: FileDescriptor, error: FileDescriptor),
        whenStarted: @escaping @Sendable (Result<ChildProcess, Errno>) -> Void,
        whenEnded: @escaping @Sendable (Ending) -> Void
    ) {
        ThreadExecutor(name: "function").submit {
            let started = spawn(
                path, [path] + arguments, environment.map { "\($0.key)=\($0.value)" }, streams, niceness)
            for stream in [streams.input, streams.output, streams.error] { try? stream.close() }
            whenStarted(started)
            if case .success(let process) = started { whenEnded(process.waitUntilEnd()) }
        }
    }

    private static func spawn(
        _ path: String, _ arguments: [String], _ environment: [String],
        _ streams: (input: FileDescriptor, output: FileDescriptor, error: FileDescriptor), _ niceness: Int32
    ) -> Result<ChildProcess, Errno> {
        let argumentPointers = arguments.map { strdup($0) } + [nil]
        let environmentPointers = environment.map { strdup($0) } + [nil]
        defer { (argumentPointers + environmentPointers).forEach { free($0) } }
        let identifier = linux_spawn(
            path, argumentPointers, environmentPointers, streams.input.rawValue, streams.output.rawValue,
            streams.error.rawValue, SIGKILL, niceness)
        return identifier < 0 ? .failure(Errno(rawValue: errno)) : .success(ChildProcess(identifier: identifier))
    }

    /// Waits for the end without reaping, then reaps under the lock, so that `signal` never meets a reused number.
    private func waitUntilEnd() -> Ending {
        var information = siginfo_t()
        while waitid(P_PID, id_t(identifier), &information, WEXITED | WNOWAIT) != 0, errno == EINTR {}
        var status: Int32 = 0
        isReaped.withLock { reaped in
            // What the function left behind in its group dies with it, while the number still is the group's.
            _ = kill(-identifier, SIGKILL)
            while waitpid(identifier, &status, 0) < 0, errno == EINTR {}
            reaped = true
        }
        let signal = status & 0x7f
        return signal == 0 ? .exited((status >> 8) & 0xff) : .signalled(signal)
    }
}
