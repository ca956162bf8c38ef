/// Where a function's frames go: to a host, to a terminal, or into a test.
package protocol FrameSink: Sendable {
    /// Takes a frame; never waits.
    ///
    /// - Throws: ``FrameError`` when the frame is too large to be sent.
    func send(_ frame: Frame) throws(FrameError)
}
