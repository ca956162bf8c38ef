internal import FoundationEssentials
@preconcurrency internal import Glibc
internal import JSON

/// The process of a function: the three ways in which one binary runs (PROTOCOL.md).
struct FunctionProcess<F: Function>: Sendable {
    private let streams: StandardStreams
    private let output: ByteOutput

    init(_ streams: StandardStreams) {
        self.streams = streams
        self.output = ByteOutput(streams.output)
    }

    /// Runs in the way that arguments and environment ask for.
    ///
    /// - Returns: the exit status.
    func run(arguments: [String], environment: [String: String]) async -> Int32 {
        setvbuf(stdout, nil, _IOLBF, 0)
        if arguments == ["--describe"] { return await describe() }
        if environment["FUNCTION_PROTOCOL"] == String(Frame.protocolVersion) { return await serve() }
        if let version = environment["FUNCTION_PROTOCOL"] {
            StandardStreams.complain(
                "FUNCTION_PROTOCOL is \(version); \(F.name) speaks version \(Frame.protocolVersion)")
            return 1
        }
        if arguments.contains("--help") || arguments.contains("-h") { return await help() }
        guard arguments.isEmpty else {
            StandardStreams.complain(
                "unknown: \(arguments.joined(separator: " ")). \(F.name) takes --describe or --help, or one event on "
                    + "standard input.")
            return 2
        }
        return await OneShot<F>(streams, output).run()
    }

    private func describe() async -> Int32 {
        let text = FunctionDescription(of: F.self, build: BuildID.current).json.serialized
        write(text + [0x0A])
        await output.flush()
        return 0
    }

    private func help() async -> Int32 {
        write(Array("\(CommandHelp<F>.text)\n".utf8))
        await output.flush()
        return 0
    }

    private func serve() async -> Int32 {
        let sink = FrameOutput(output)
        let session = Session(limits: F.limits, sink: sink)
        sink.sendSmall(.hello(.init(name: F.name, build: BuildID.current, concurrency: F.limits.concurrency)))
        HostInput(streams.input, session: session).start()
        let status: Int32
        do {
            guard let limits = try await session.initialized() else { return await leave(sink) }
            let started = try await Startup<F>.function { Runner<F>.write($0, id: nil, to: sink) }
            session.serve { await started.runner.run($0, sink: $1, limits: limits) }
            try await session.drained()
            await started.function.shutdown()
            status = await leave(sink)
        } catch let problem as StartupProblem {
            sink.sendSmall(.initError(message: problem.message, errors: problem.errors))
            await sink.flush()
            status = 1
        } catch {
            StandardStreams.complain("\(F.name) ended: \(error)")
            status = 1
        }
        return status
    }

    private func leave(_ sink: FrameOutput) async -> Int32 {
        sink.sendSmall(.bye)
        await sink.flush()
        return 0
    }

    private func write(_ bytes: [UInt8]) {
        do { try output.write { $0.append(contentsOf: bytes) } } catch { StandardStreams.fail("\(error)") }
    }
}
