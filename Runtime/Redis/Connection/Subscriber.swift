internal import Glibc
internal import Synchronization

/// A connection in subscribed mode, with the thread that listens on it. It comes back by itself after a loss.
final class Subscriber: Sendable {
    private let configuration: RedisConfiguration
    private let channels: [String]
    private let isClosed = Atomic(false)
    private let wakeUp = WakeUp()

    init(_ configuration: RedisConfiguration, channels: [String]) {
        self.configuration = configuration
        self.channels = channels
    }

    /// Listens until `close`.
    func start(_ continuation: AsyncThrowingStream<RedisEvent, any Error>.Continuation) {
        IOThread.start { self.run(continuation) }
    }

    func close() {
        isClosed.store(true, ordering: .releasing)
        wakeUp.signal()
    }

    private func run(_ continuation: AsyncThrowingStream<RedisEvent, any Error>.Continuation) {
        var backoff = ReconnectBackoff()
        while !isClosed.load(ordering: .acquiring) {
            do {
                let link = try Link(configuration)
                backoff.reset()
                try listen(link, continuation)
            } catch {
                guard error.isTransient else { return continuation.finish(throwing: error) }
                _ = Poll.wait([(wakeUp.readEnd, POLLIN)], until: .now + backoff.next())
            }
        }
        continuation.finish()
    }

    private func listen(
        _ link: Link, _ continuation: AsyncThrowingStream<RedisEvent, any Error>.Continuation
    ) throws(RedisError) {
        var subscribe: [UInt8] = []
        RedisCommand("SUBSCRIBE", channels).write(to: &subscribe)
        link.enqueue(subscribe)
        var confirmed = 0
        while !isClosed.load(ordering: .acquiring) {
            try link.flush()
            _ = Poll.wait([(link.descriptor, link.interest), (wakeUp.readEnd, POLLIN)], until: nil)
            for reply in try link.receive() {
                let parts = try reply.expect(\.array)
                switch (parts.first?.string, parts.count) {
                case ("message", 3):
                    try continuation.yield(
                        .message(channel: parts[1].expect(\.string), payload: parts[2].expect(\.bytes)))
                case ("subscribe", 3):
                    confirmed += 1
                    if confirmed == channels.count { continuation.yield(.subscribed) }
                default: throw .unexpectedReply("\(reply) to a subscriber")
                }
            }
        }
    }
}
