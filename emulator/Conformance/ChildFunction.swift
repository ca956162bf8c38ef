internal import CLinux
package import FunctionRuntime
internal import Glibc

/// A function as a child process, with everything it has written so far: what a check (and a test) talks to.
///
/// Output is collected by threads of its own, so nothing here blocks and a child that floods its pipes is never stopped
/// by its reader.
package final class ChildFunction: Sendable {
    /// What the child has done so far.
    package struct Seen: Sendable {
        /// Every byte of its standard output.
        package var output: [UInt8] = []
        /// The frames of its standard output that nobody has taken yet.
        package var frames: [Frame] = []
        /// Why its standard output is not frames, when it is not.
        package var pollution: FrameError?
        package var standardError = ""
        package var outputEnded = false
        package var errorEnded = false
        /// Its exit status, or the negated number of the signal that ended it.
        package var status: Int32?

        var ended: Bool { status != nil && outputEnded && errorEnded }
    }

    package let process: Int32
    private let seen = Awaitable(Seen())
    private let input: ByteOutput
    private let inputDescriptor: Int32
    private let inputIsOpen = Awaitable(true)

    /// Starts an executable.
    ///
    /// - Parameters:
    ///   - path: the executable.
    ///   - arguments: its arguments.
    ///   - environment: its whole environment.
    ///   - frames: whether its standard output is frames.
    /// - Throws: ``Deviation`` when it cannot be started.
    package init(
        _ path: String, arguments: [String] = [], environment: [String: String], frames: Bool = true
    ) throws {
        let pipes = (input: try Self.pipe(), output: try Self.pipe(), error: try Self.pipe())
        defer { for descriptor in [pipes.input.read, pipes.output.write, pipes.error.write] { close(descriptor) } }
        process = try Self.spawn(
            path, arguments, environment, [pipes.input.read, pipes.output.write, pipes.error.write])
        inputDescriptor = pipes.input.write
        input = ByteOutput(pipes.input.write)
        collect(pipes.output.read, frames ? FrameReader() : nil)
        collectError(pipes.error.read)
        let process = process
        DetachedThread.start("wait") { [seen] in
            var status: Int32 = 0
            while waitpid(process, &status, 0) < 0, errno == EINTR {}
            let code = status & 0x7F == 0 ? status >> 8 & 0xFF : -(status & 0x7F)
            seen.mutate { $0.status = code }
        }
    }

    /// Sends a frame.
    package func send(_ frame: Frame) throws {
        try send(try frame.encoded())
    }

    /// Sends bytes as they are.
    package func send(_ bytes: [UInt8]) throws {
        try input.write { $0.append(contentsOf: bytes) }
    }

    /// Ends its standard input, after everything sent has been written.
    package func closeInput() async {
        await input.flush()
        input.finish()
        if inputIsOpen.mutate({ open in
            defer { open = false }; return open
        }) {
            close(inputDescriptor)
        }
    }

    /// Ends it whatever it does.
    package func kill() {
        if seen.mutate({ $0.status == nil }) { Glibc.kill(process, SIGKILL) }
        input.finish()
    }

    deinit {
        if inputIsOpen.mutate({ $0 }) { close(inputDescriptor) }
    }

    /// Waits until the question about what it has done has an answer.
    ///
    /// - Throws: ``Deviation`` naming what was awaited when there is none in time.
    package func wait<Answer: Sendable>(
        for what: String, within limit: Duration = .seconds(10),
        _ question: @escaping @Sendable (inout Seen) -> Answer?
    ) async throws -> Answer {
        try await withThrowingTaskGroup(of: Answer?.self) { group in
            group.addTask { [seen] in try await seen.wait(question) }
            group.addTask {
                try await Task.sleep(for: limit)
                return nil
            }
            defer { group.cancelAll() }
            guard let answer = try await group.next() ?? nil else { throw Deviation("no \(what) within \(limit)") }
            return answer
        }
    }

    /// Takes the next frame that is neither a log line nor progress.
    package func frame(_ what: String, within limit: Duration = .seconds(10)) async throws -> Frame {
        try await wait(for: what, within: limit) { seen -> Result<Frame, Deviation>? in
            while !seen.frames.isEmpty {
                let frame = seen.frames.removeFirst()
                switch frame {
                case .log, .progress: continue
                default: return .success(frame)
                }
            }
            if let pollution = seen.pollution { return .failure(Deviation("instead of \(what): \(pollution)")) }
            return seen.outputEnded ? .failure(Deviation("the output ended before \(what)")) : nil
        }.get()
    }

    /// Waits for its end.
    ///
    /// - Returns: everything it did.
    package func end(within limit: Duration = .seconds(10)) async throws -> Seen {
        try await wait(for: "end of the process", within: limit) { $0.ended ? $0 : nil }
    }

    /// What it has written to standard error so far, at most the last 2000 characters.
    package var standardError: String { String(seen.mutate { $0.standardError }.suffix(2000)) }

    private func collect(_ descriptor: Int32, _ reader: FrameReader?) {
        DetachedThread.start("output") { [seen] in
            var reader = reader
            Self.readAll(descriptor) { bytes in
                seen.mutate { seen in
                    guard reader != nil else { return seen.output.append(contentsOf: bytes) }
                    reader?.append(bytes)
                    do throws(FrameError) {
                        while seen.pollution == nil, let frame = try reader?.next() { seen.frames.append(frame) }
                    } catch {
                        seen.pollution = error
                    }
                }
            }
            seen.mutate { $0.outputEnded = true }
        }
    }

    private func collectError(_ descriptor: Int32) {
        DetachedThread.start("error") { [seen] in
            Self.readAll(descriptor) { bytes in
                seen.mutate { $0.standardError += String(decoding: bytes, as: UTF8.self) }
            }
            seen.mutate { $0.errorEnded = true }
        }
    }

    private static func readAll(_ descriptor: Int32, _ take: ([UInt8]) -> Void) {
        var buffer = [UInt8](repeating: 0, count: 65_536)
        while true {
            let count = read(descriptor, &buffer, buffer.count)
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { break }
            take(Array(buffer[..<count]))
        }
        close(descriptor)
    }

    private static func pipe() throws -> (read: Int32, write: Int32) {
        var ends: [Int32] = [0, 0]
        guard linux_pipe(&ends, 0) == 0 else { throw Deviation("no pipe: \(String(cString: strerror(errno)))") }
        return (ends[0], ends[1])
    }

    private static func spawn(
        _ path: String, _ arguments: [String], _ environment: [String: String], _ descriptors: [Int32]
    ) throws -> pid_t {
        var words = ([path] + arguments).map { strdup($0) }
        var variables = environment.map { strdup("\($0.key)=\($0.value)") }
        defer { for word in words + variables { free(word) } }
        words.append(nil)
        variables.append(nil)
        let process = linux_spawn(path, words, variables, descriptors[0], descriptors[1], descriptors[2], 0, 0)
        guard process > 0 else { throw Deviation("\(path) cannot be started: \(String(cString: strerror(errno)))") }
        return process
    }
}
