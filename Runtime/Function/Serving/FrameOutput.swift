/// Sends frames to the host.
///
/// Answers are bounded by the invocations in flight; log and progress lines are not, so they are dropped, and counted,
/// while the host does not read.
final class FrameOutput: FrameSink {
    private let output: ByteOutput
    private let limits: FrameLimits
    private let backlogLimit: Int

    /// - Parameters:
    ///   - output: where the bytes go.
    ///   - limits: the sizes to keep to.
    ///   - backlogLimit: bytes waiting for the host beyond which log and progress lines are dropped.
    init(_ output: ByteOutput, limits: FrameLimits = .standard, backlogLimit: Int = 4 * 1_048_576) {
        self.output = output
        self.limits = limits
        self.backlogLimit = backlogLimit
    }

    func send(_ frame: Frame) throws(FrameError) {
        switch frame {
        case .log, .progress:
            if output.backlog > backlogLimit { return }
        default: break
        }
        try output.write { bytes throws(FrameError) in try frame.append(to: &bytes, limits: limits) }
    }

    /// Waits until everything has been handed to the system.
    func flush() async { await output.flush() }
}
