internal import Glibc

/// poll(2) with a deadline.
enum Poll {
    /// Waits until one of the descriptors is ready or the deadline is there; says which are ready.
    static func wait(
        _ interests: [(descriptor: Int32, events: Int32)], until deadline: ContinuousClock.Instant?
    ) -> [Bool] {
        var entries = interests.map { pollfd(fd: $0.descriptor, events: Int16($0.events), revents: 0) }
        while poll(&entries, nfds_t(entries.count), milliseconds(until: deadline)) == -1 && errno == EINTR {}
        return entries.map { $0.revents != 0 }
    }

    /// Waits for one descriptor; false when the deadline came first.
    static func wait(for descriptor: Int32, _ events: Int32, until deadline: ContinuousClock.Instant) -> Bool {
        wait([(descriptor, events)], until: deadline)[0]
    }

    /// poll(2)'s timeout: rounded up, so that the deadline has really passed; -1 waits for ever.
    private static func milliseconds(until deadline: ContinuousClock.Instant?) -> Int32 {
        guard let deadline else { return -1 }
        let left = (deadline - .now).components
        guard left.seconds >= 0, left.attoseconds >= 0 else { return 0 }
        return Int32(clamping: left.seconds.multipliedReportingOverflow(by: 1000).partialValue)
            + Int32(left.attoseconds / 1_000_000_000_000_000) + 1
    }
}
