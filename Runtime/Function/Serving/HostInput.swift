internal import Glibc

/// Reads the host's frames on a thread of its own, and keeps the deadlines: poll(2) waits for whichever comes first.
final class HostInput: Sendable {
    private let descriptor: Int32
    private let session: Session

    /// How long the process may take to end, after its host is gone and the last deadline has passed.
    private static let grace = Duration.seconds(5)
    private static let bufferSize = 262_144

    /// - Parameters:
    ///   - descriptor: what the host writes to.
    ///   - session: what the frames are for.
    init(_ descriptor: Int32, session: Session) {
        self.descriptor = descriptor
        self.session = session
    }

    /// Starts the thread. It ends the process when the host breaks the protocol, or when what is in flight does not end
    /// after the host is gone.
    func start() {
        DetachedThread.start("input") { [self] in
            read()
            outlast()
        }
    }

    private func read() {
        var reader = FrameReader()
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: Self.bufferSize, alignment: 16)
        defer { buffer.deallocate() }
        do {
            while true {
                guard wait(until: session.expire(.now)) else { continue }
                let count = Glibc.read(descriptor, buffer.baseAddress, buffer.count)
                if count < 0, errno == EINTR { continue }
                guard count > 0 else { break }
                reader.append(UnsafeRawBufferPointer(rebasing: buffer[..<count]))
                try handle(&reader)
            }
            try reader.finish()
        } catch {
            StandardStreams.fail("the host does not follow the protocol: \(error)")
        }
        session.drain()
    }

    private func handle(_ reader: inout FrameReader) throws(FrameError) {
        while true {
            do {
                guard let frame = try reader.next() else { return }
                session.handle(frame)
            } catch {
                guard case .malformed("invoke", let id?, let reason) = error, id.utf8.count <= 64 else { throw error }
                session.refuse(id, .invalid("the invocation cannot be read: \(reason)"))
            }
        }
    }

    /// Keeps the deadlines of what is still in flight, and ends the process when it outlives them.
    private func outlast() {
        let end = max(session.lastDeadline ?? .now, .now) + Self.grace
        while ContinuousClock.now < end { pause(until: min(session.expire(.now) ?? end, end)) }
        StandardStreams.fail("the host is gone and the work in flight does not end")
    }

    /// Waits for input; false when the time came first.
    private func wait(until deadline: ContinuousClock.Instant?) -> Bool {
        var entry = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
        return poll(&entry, 1, Self.milliseconds(until: deadline)) > 0
    }

    private func pause(until deadline: ContinuousClock.Instant) {
        poll(nil, 0, Self.milliseconds(until: deadline))
    }

    private static func milliseconds(until deadline: ContinuousClock.Instant?) -> Int32 {
        guard let deadline else { return -1 }
        let left = (deadline - .now).milliseconds
        return Int32(clamping: max(0, left) + 1)
    }
}
