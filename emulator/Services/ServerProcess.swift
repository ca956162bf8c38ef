import CLinux
import Glibc
import Synchronization
import Threads

/// One running server process, with the thread that started it and waits for its end.
///
/// The thread lives as long as the process: the kernel's parent-death signal is bound to the *thread* that forked, so
/// that a `kill -9` of the emulator ends its servers too, and an ended helper thread never does by accident.
final class ServerProcess: Sendable {
    private struct State {
        /// Whether the process id is still surely ours: it is not once the process may have been reaped.
        var takesSignals = true
        var status: Int32?
        var waiting: [CheckedContinuation<Int32, Never>] = []
    }

    /// The process id, also the id of its process group.
    let id: pid_t
    private let state = Mutex(State())

    private init(id: pid_t) {
        self.id = id
    }

    /// Starts a process.
    ///
    /// - Throws: ``EmulatorError`` when its log cannot be opened or the program cannot be run.
    static func start(_ command: ServerCommand) async throws -> ServerProcess {
        let keeper = Keeper(name: command.name)
        let process = ServerProcess(id: try await keeper.start(command))
        // The one wait that outlives its caller: it ends with the process, which a service's `run` always sees to.
        Task.detached {
            await keeper.waitForEnd(of: process.id)
            process.state.withLock { $0.takesSignals = false }
            process.finish(await keeper.reap(process.id))
        }
        return process
    }

    /// Waits for the end of the process: its exit code, or 128 plus the signal that ended it.
    func ended() async -> Int32 {
        await withCheckedContinuation { continuation in
            let status: Int32? = state.withLock { state in
                if state.status == nil { state.waiting.append(continuation) }
                return state.status
            }
            if let status { continuation.resume(returning: status) }
        }
    }

    /// The exit status if the process has ended already.
    var status: Int32? { state.withLock { $0.status } }

    /// Sends a signal, unless the process has ended.
    func signal(_ number: Int32) {
        state.withLock { state in
            if state.takesSignals { _ = kill(id, number) }
        }
    }

    private func finish(_ status: Int32) {
        let waiting = state.withLock { state in
            state.status = status
            defer { state.waiting = [] }
            return state.waiting
        }
        for continuation in waiting { continuation.resume(returning: status) }
    }

    /// The actor on the thread that forks and then waits.
    private actor Keeper {
        private let executor: ThreadExecutor
        nonisolated var unownedExecutor: UnownedSerialExecutor { executor.unownedExecutor }

        init(name: String) {
            executor = ThreadExecutor(name: name)
        }

        func start(_ command: ServerCommand) throws -> pid_t {
            let log = open(command.log, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0o644)
            guard log >= 0 else { throw EmulatorError("cannot write to \(command.log): \(SystemMessage.last)") }
            defer { close(log) }
            var arguments: [UnsafeMutablePointer<CChar>?] = ([command.executable] + command.arguments).map {
                strdup($0)
            }
            var environment: [UnsafeMutablePointer<CChar>?] = command.environment.map {
                strdup("\($0.key)=\($0.value)")
            }
            defer { for pointer in arguments + environment { free(pointer) } }
            arguments.append(nil)
            environment.append(nil)
            let child = command.executable.withCString { executable in
                command.directory.withCString { directory in
                    arguments.withUnsafeBufferPointer { arguments in
                        environment.withUnsafeBufferPointer { environment in
                            var server = linux_server(
                                executable: executable, arguments: arguments.baseAddress,
                                environment: environment.baseAddress, directory: directory, output: log,
                                changes_user: command.account == nil ? 0 : 1, user: command.account?.user ?? 0,
                                group: command.account?.group ?? 0, death_signal: command.stopSignal)
                            return linux_start_server(&server)
                        }
                    }
                }
            }
            guard child > 0 else {
                throw EmulatorError("cannot start \(command.name) (\(command.executable)): \(SystemMessage.last)")
            }
            return child
        }

        func waitForEnd(of child: pid_t) {
            _ = linux_await_end(child)
        }

        func reap(_ child: pid_t) -> Int32 {
            linux_reap(child)
        }
    }
}
