import CLinux
import FunctionRuntime
import Glibc
import NIOCore
import NIOPosix
import Synchronization
import SystemPackage

/// NIOCore has a protocol of that name.
private typealias FileDescriptor = SystemPackage.FileDescriptor

/// The process of a worker: start, pipes, end.
extension Worker {
    /// Starts the process. The owner hears `workerIsReady` or `didNotStart`.
    func start() {
        do {
            // Four times the usual: a large body takes a quarter of the turns between the two processes. More would soon
            // meet what Linux allows a user in pipes (64 MiB, pipe(7)), and what is opened then gets two pages.
            let (inputRead, inputWrite) = try Self.pipe(262_144)
            let (outputRead, outputWrite) = try Self.pipe(262_144)
            let (errorRead, errorWrite) = try Self.pipe()
            state.withLock { $0.openPipes = 2 }
            connect(input: inputWrite, output: outputRead, error: errorRead)
            ChildProcess.start(
                path: function.path, arguments: [], environment: functionEnvironment, niceness: function.niceness,
                streams: (inputRead, outputWrite, errorWrite),
                whenStarted: { self.processStarted($0) }, whenEnded: { self.processEnded($0) })
        } catch {
            owner?.worker(self, didNotStart: "No pipes for \(function.path): \(error).")
        }
    }

    private static func pipe(_ capacity: Int = 0) throws(Errno) -> (FileDescriptor, FileDescriptor) {
        var descriptors: [Int32] = [-1, -1]
        guard linux_pipe(&descriptors, Int32(capacity)) == 0 else { throw Errno(rawValue: errno) }
        return (FileDescriptor(rawValue: descriptors[0]), FileDescriptor(rawValue: descriptors[1]))
    }

    /// What every function gets beside its own settings. A crash of a Swift function prints its backtrace.
    private var functionEnvironment: [String: String] {
        let standard = [
            "FUNCTION_PROTOCOL": "1",
            "SWIFT_BACKTRACE": "enable=yes,color=no,interactive=no,threads=crashed,registers=none,images=none,limit=24",
        ]
        return environment.merging(standard) { mine, standard in mine.isEmpty ? standard : mine }
    }

    private func connect(input: FileDescriptor, output: FileDescriptor, error: FileDescriptor) {
        let frames = NIOPipeBootstrap(group: loop)
            .channelOption(ChannelOptions.allowRemoteHalfClosure, value: false)
            .channelOption(
                ChannelOptions.recvAllocator,
                value: AdaptiveRecvByteBufferAllocator(minimum: 1024, initial: 4096, maximum: FrameLimits().credit)
            )
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(FramePipeHandler(worker: self))
                }
            }
            .takingOwnershipOfDescriptors(input: output.rawValue, output: input.rawValue)
        frames.whenSuccess { channel in
            self.state.withLock { $0.input = channel }
            self.flush()
            channel.closeFuture.whenComplete { _ in self.pipeClosed() }
        }
        frames.whenFailure { self.startFailed("The pipes of \(self.function.path) cannot be served: \($0).") }
        let lines = NIOPipeBootstrap(group: loop)
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(StandardErrorHandler(worker: self))
                }
            }
            .takingOwnershipOfDescriptor(input: error.rawValue)
        lines.whenSuccess { $0.closeFuture.whenComplete { _ in self.pipeClosed() } }
        lines.whenFailure { self.startFailed("The standard error of \(self.function.path) cannot be read: \($0).") }
    }

    private func processStarted(_ result: Result<ChildProcess, Errno>) {
        switch result {
        case .success(let process):
            let isUnwanted = state.withLock { state in
                state.process = process
                return state.killedBecause != nil
            }
            if isUnwanted { process.signal(SIGKILL) }
            let startTimeout = limits.startTimeout
            loop.scheduleTask(in: TimeAmount(startTimeout)) { [weak self] in self?.startTimedOut() }
        case .failure(let error):
            owner?.worker(self, didNotStart: "\(function.path) cannot be run: \(error).")
        }
    }

    private func startTimedOut() {
        let isLate = state.withLock { $0.phase == .starting || $0.phase == .greeted }
        guard isLate else { return }
        let awaited = state.withLock { $0.phase == .starting ? "hello" : "ready" }
        startFailed("\(function.path) did not say \"\(awaited)\" within \(limits.startTimeout).")
    }

    func receiveStandardError(_ bytes: some Sequence<UInt8>) {
        tell(state.withLock { $0.standardError.append(bytes) })
    }

    private func tell(_ lines: [String]) {
        for line in lines {
            owner?.worker(self, said: .standardError(function: function.description.name, instance: name, line: line))
        }
    }

    // MARK: The end

    private func processEnded(_ ending: ChildProcess.Ending) {
        state.withLock { $0.ending = ending }
        // What the process wrote last is still in the pipes. Whoever inherited them must not hold the report up.
        loop.scheduleTask(in: .milliseconds(250)) { self.conclude() }
        loop.execute { self.concludeWhenRead() }
    }

    private func pipeClosed() {
        state.withLock { $0.openPipes -= 1 }
        concludeWhenRead()
    }

    private func concludeWhenRead() {
        if state.withLock({ $0.ending != nil && $0.openPipes <= 0 }) { conclude() }
    }

    /// Everything is read and the process is reaped: its calls fail, and the owner hears the end.
    private func conclude() {
        guard let end = state.withLock({ state in state.end(of: self) }) else { return }
        tell(end.lastLines)
        end.input?.close(promise: nil)
        if let message = end.startFailure {
            owner?.worker(self, didNotStart: message)
        } else {
            owner?.worker(self, ended: end.report, unsent: end.unsent)
        }
    }
}

extension Worker.State {
    struct End {
        var report: CrashReport?
        var startFailure: String?
        var unsent: [Call]
        var lastLines: [String]
        var input: (any Channel)?
    }

    /// What there is to say at the end; nil when it was said already.
    fileprivate mutating func end(of worker: Worker) -> End? {
        guard phase != .ended, let ending else { return nil }
        let before = phase
        phase = .ended
        let lastLines = standardError.finish()
        let waited = calls.entries.values.filter { $0.graceEnds == nil }
        let isOrderly = before == .ending && waited.isEmpty && killedBecause == nil
        let report = CrashReport(
            function: worker.function.description.name, instance: worker.name,
            processIdentifier: process?.identifier ?? 0,
            ending: killedBecause.map { .killed(because: $0) } ?? ending.report,
            standardError: standardError.lines, inFlight: waited.map(\.call.invocation.id),
            started: waited.filter(\.isSent).map(\.call.invocation.id))
        self.report = isOrderly ? nil : report
        defer { calls = WorkerCalls() }
        return End(
            report: self.report, startFailure: before == .starting || before == .greeted ? startMessage(report) : nil,
            unsent: waited.filter { !$0.isSent }.map(\.call), lastLines: lastLines, input: input)
    }

    private func startMessage(_ report: CrashReport) -> String {
        if let startFailure { return startFailure }
        let how =
            switch report.ending {
            case .exited(let code): "exited with code \(code)"
            case .signalled(let number): "was ended by \(Signal.name(number))"
            case .killed(let reason): "was killed (\(reason))"
            }
        let last = report.standardError.suffix(5)
        return "\(report.function) \(how) before it was ready"
            + (last.isEmpty ? "; it wrote nothing to standard error." : ":\n" + last.joined(separator: "\n"))
    }
}

extension ChildProcess.Ending {
    fileprivate var report: CrashReport.Ending {
        switch self {
        case .exited(let code): .exited(code: code)
        case .signalled(let number): .signalled(number)
        }
    }
}
