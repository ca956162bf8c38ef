/// Where a function's frames go: to a host, to a terminal, or into a test.
package protocol FrameSink: Sendable {
    /// Takes a frame; never waits.
    ///
    /// - Throws: ``FrameError`` when the frame is too large to be sent.
    func send(_ frame: Frame) throws(FrameError)
}

extension FrameSink {
    /// Sends a frame that is small for certain; what it throws is a mistake of the runtime's own.
    func sendSmall(_ frame: Frame) {
        do { try send(frame) } catch { StandardStreams.fail("a \(frame.type) frame cannot be sent: \(error)") }
    }
}
