import CLinux
import Glibc
import Synchronization
import SystemPackage
import Threads

/// One run of `path --describe`, in a process group of its own that ends with this process.
final class DescribeRun: Sendable {
    /// What it left behind.
    struct Result: Sendable {
        let ending: ChildProcess.Ending
        let output: [UInt8]
        let error: [UInt8]
    }

    private enum Phase {
        case starting
        case running(ChildProcess)
        /// Nobody wants it any more.
        case abandoned
    }

    private let phase = Mutex(Phase.starting)

    private init() {}

    /// Runs an executable and collects what it prints.
    ///
    /// - Returns: nil when it did not end in time; it is killed then, with all it started.
    /// - Throws: `Errno` when it cannot be started.
    static func result(
        of path: String, environment: [String: String], timeout: Duration
    ) async throws -> Result? {
        let run = DescribeRun()
        return try await withThrowingTaskGroup(of: Result?.self) { group in
            group.addTask {
                try await withTaskCancellationHandler {
                    try await run.result(path, environment)
                } onCancel: {
                    run.abandon()
                }
            }
            group.addTask {
                try await Task.sleep(for: timeout)
                return nil
            }
            defer { group.cancelAll() }
            return try await group.next() ?? nil
        }
    }

    private func result(_ path: String, _ environment: [String: String]) async throws -> Result {
        let (outputRead, outputWrite) = try Self.pipe()
        let (errorRead, errorWrite) = try Self.pipe()
        let input = try FileDescriptor.open("/dev/null", .readOnly)
        async let output = Self.contents(of: outputRead, limit: 1 << 20)
        async let error = Self.contents(of: errorRead, limit: 1 << 16)
        let ending = try await withCheckedThrowingContinuation { continuation in
            ChildProcess.start(
                path: path, arguments: ["--describe"], environment: environment,
                streams: (input, outputWrite, errorWrite),
                whenStarted: { started in
                    switch started {
                    case .success(let process): self.started(process)
                    case .failure(let error): continuation.resume(throwing: error)
                    }
                },
                whenEnded: { continuation.resume(returning: $0) })
        }
        return Result(ending: ending, output: try await output, error: try await error)
    }

    private func started(_ process: ChildProcess) {
        let isWanted = phase.withLock { phase in
            if case .abandoned = phase { return false }
            phase = .running(process)
            return true
        }
        if !isWanted { process.signal(SIGKILL) }
    }

    private func abandon() {
        let process = phase.withLock { phase -> ChildProcess? in
            defer { phase = .abandoned }
            if case .running(let process) = phase { return process }
            return nil
        }
        process?.signal(SIGKILL)
    }

    private static func pipe() throws(Errno) -> (FileDescriptor, FileDescriptor) {
        var descriptors: [Int32] = [-1, -1]
        guard linux_pipe(&descriptors, 0) == 0 else { throw Errno(rawValue: errno) }
        return (FileDescriptor(rawValue: descriptors[0]), FileDescriptor(rawValue: descriptors[1]))
    }

    /// Reads to the end, or so many bytes, on a thread of its own; closes the descriptor.
    private static func contents(of descriptor: FileDescriptor, limit: Int) async throws -> [UInt8] {
        try await ThreadExecutor(name: "describe").run {
            try descriptor.closeAfter {
                var bytes: [UInt8] = []
                while bytes.count < limit {
                    let piece = try [UInt8](unsafeUninitializedCapacity: 1 << 16) { buffer, count in
                        count = try descriptor.read(into: UnsafeMutableRawBufferPointer(buffer))
                    }
                    if piece.isEmpty { break }
                    bytes += piece
                }
                return bytes
            }
        }
    }
}
