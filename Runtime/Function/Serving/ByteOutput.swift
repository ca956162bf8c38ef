internal import Dispatch
internal import Glibc
internal import Synchronization

/// Writes bytes of many tasks to one descriptor: in order, in as few system calls as may be, and never blocking a task.
///
/// Whoever adds bytes while nobody writes becomes the writer. It writes at once when the pipe takes the bytes without
/// waiting (up to `PIPE_BUF`, when poll(2) says so: pipe(7)); anything else, and what has come meanwhile, is left to a
/// thread that may block.
package final class ByteOutput: Sendable {
    private struct State: Sendable {
        var pending: [UInt8] = []
        var isWriting = false
        var isClosed = false
        var isFinished = false
        var flushes: [CheckedContinuation<Void, Never>] = []
    }

    private let descriptor: Int32
    private let state = Mutex(State())
    private let handedOver = DispatchSemaphore(value: 0)

    /// - Parameter descriptor: where to write; it stays open.
    package init(_ descriptor: Int32) {
        self.descriptor = descriptor
        DetachedThread.start("output") { [self] in writeWhatIsHandedOver() }
    }

    /// Bytes that have been added and not yet handed to the system.
    var backlog: Int { state.withLock { $0.pending.count } }

    /// Adds bytes.
    ///
    /// - Parameter fill: appends to the buffer.
    /// - Throws: what `fill` throws; it must have added nothing then.
    package func write(_ fill: (inout [UInt8]) throws(FrameError) -> Void) throws(FrameError) {
        let result = state.withLock { state -> Result<Bool, FrameError> in
            do throws(FrameError) { try fill(&state.pending) } catch { return .failure(error) }
            if state.isClosed { state.pending = [] }
            guard !state.isWriting, !state.pending.isEmpty else { return .success(false) }
            state.isWriting = true
            return .success(true)
        }
        guard try result.get() else { return }
        writeOrHandOver()
    }

    /// Waits until everything added so far has been handed to the system.
    package func flush() async {
        await withCheckedContinuation { continuation in
            let idle = state.withLock { state in
                if state.isWriting { state.flushes.append(continuation) }
                return !state.isWriting
            }
            if idle { continuation.resume() }
        }
    }

    /// Ends the thread; what has not been written by now may be lost. The descriptor is the caller's to close.
    package func finish() {
        state.withLock { state in
            state.isClosed = true
            state.isFinished = true
        }
        handedOver.signal()
    }

    private func writeOrHandOver() {
        let small = state.withLock { state -> [UInt8]? in
            state.pending.count <= Int(PIPE_BUF) ? Self.take(&state) : nil
        }
        guard let small else { return handOver() }
        guard isWritable else {
            state.withLock { $0.pending.insert(contentsOf: small, at: 0) }
            return handOver()
        }
        put(small)
        if !becomeIdle() { handOver() }
    }

    private func handOver() { handedOver.signal() }

    private func writeWhatIsHandedOver() {
        while true {
            handedOver.wait()
            if state.withLock({ $0.isFinished && !$0.isWriting }) { return }
            repeat { put(state.withLock { Self.take(&$0) }) } while !becomeIdle()
        }
    }

    private static func take(_ state: inout State) -> [UInt8] {
        let bytes = state.pending
        state.pending = []
        return bytes
    }

    /// Stops being the writer when nothing is left to write.
    private func becomeIdle() -> Bool {
        let flushes = state.withLock { state -> [CheckedContinuation<Void, Never>]? in
            guard state.pending.isEmpty else { return nil }
            state.isWriting = false
            defer { state.flushes = [] }
            return state.flushes
        }
        flushes?.forEach { $0.resume() }
        return flushes != nil
    }

    private var isWritable: Bool {
        var entry = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
        return poll(&entry, 1, 0) == 1 && entry.revents & Int16(POLLOUT) != 0
    }

    private func put(_ bytes: [UInt8]) {
        var written = 0
        while written < bytes.count {
            let count = bytes.withUnsafeBytes { bytes in
                Glibc.write(descriptor, bytes.baseAddress! + written, bytes.count - written)
            }
            if count >= 0 {
                written += count
            } else if errno != EINTR {
                return close(because: errno)
            }
        }
    }

    /// Nobody reads any more: what is added from now on is dropped.
    private func close(because code: Int32) {
        let first = state.withLock { state in
            defer { state.isClosed = true }
            state.pending = []
            return !state.isClosed
        }
        if first, code != EPIPE {
            StandardStreams.complain("standard output cannot be written: \(String(cString: strerror(code)))")
        }
    }
}
