internal import JSON
internal import Synchronization

/// Prints the answer of a single invocation: an HTTP body as it is, any other result as JSON, log lines on standard
/// error.
final class OneShotSink: FrameSink {
    private let output: ByteOutput
    private let failure = Mutex<Failure?>(nil)

    init(_ output: ByteOutput) {
        self.output = output
    }

    /// Whether the answer was an error.
    var failed: Bool { failure.withLock { $0 != nil } }

    func send(_ frame: Frame) throws(FrameError) {
        switch frame {
        case .result(_, nil, _): try print(Array(#"{"done":true}"#.utf8) + [0x0A])
        case .result(_, _, let body): try print(body.bytes ?? [])
        case .chunk(_, let bytes): try print(bytes)
        case .error(_, let failure):
            self.failure.withLock { $0 = failure }
            try print(failure.problem().serialized + [0x0A])
        case .log(_, let record): Self.complain(record)
        case .progress(_, let value, let message):
            let percent = value.map { "\(Int($0 * 100)) %" }
            StandardStreams.complain("progress: \([percent, message].compactMap(\.self).joined(separator: " "))")
        default: break
        }
    }

    /// Writes a log line to standard error.
    static func complain(_ record: LogRecord) {
        let fields = record.fields.map { " \($0.name)=\($0.value.string ?? $0.value.text)" }.joined()
        StandardStreams.complain("\(record.level.rawValue): \(record.message)\(fields)")
    }

    private func print(_ bytes: [UInt8]) throws(FrameError) {
        try output.write { buffer throws(FrameError) in buffer.append(contentsOf: bytes) }
    }
}
