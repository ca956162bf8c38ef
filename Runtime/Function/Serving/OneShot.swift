internal import Glibc
internal import JSON

/// One event from standard input, answered on standard output: for a terminal or a script.
struct OneShot<F: Function>: Sendable {
    private let streams: StandardStreams
    private let output: ByteOutput

    init(_ streams: StandardStreams, _ output: ByteOutput) {
        self.streams = streams
        self.output = output
    }

    /// - Returns: 0, or 1 when there is no event or the answer is an error.
    func run() async -> Int32 {
        let bytes = readToEnd()
        guard bytes.contains(where: { !" \t\r\n".utf8.contains($0) }) else { return refuse("standard input is empty") }
        let invocation: Invocation
        do {
            let event = try JSON(parsing: bytes)
            invocation = try Invocation(event, id: event["id"]?.string ?? "once")
        } catch let failure as Failure {
            return refuse("standard input is no event: \(failure.message)")
        } catch {
            return refuse("standard input is no event: \(error)")
        }
        do {
            let started = try await Startup<F>.function { OneShotSink.complain($0) }
            let sink = OneShotSink(output)
            await started.runner.run(active(invocation, sink), sink: sink)
            await started.function.shutdown()
            await output.flush()
            return sink.failed ? 1 : 0
        } catch {
            StandardStreams.complain(([error.message] + error.errors).joined(separator: "\n  "))
            return 1
        }
    }

    private func refuse(_ problem: String) -> Int32 {
        StandardStreams.complain("\(problem)\nTry: \(CommandHelp<F>.example)")
        return 1
    }

    private func active(_ invocation: Invocation, _ sink: OneShotSink) -> ActiveInvocation {
        let active = ActiveInvocation(
            invocation, timeout: F.limits.timeout, credit: Credit(.max), stream: nil)
        return active
    }

    private func readToEnd() -> [UInt8] {
        var bytes: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 65_536)
        while true {
            let count = read(streams.input, &buffer, buffer.count)
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { return bytes }
            bytes.append(contentsOf: buffer[..<count])
        }
    }
}
