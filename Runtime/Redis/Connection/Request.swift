/// One or more commands on their way, and who waits for their replies. Its variables are guarded by the mutex of the
/// connection that it is submitted to.
final class Request: @unchecked Sendable {
    typealias Completion = @Sendable (Result<[RedisValue], any Error>) -> Void

    /// The name of the (first) command, for messages.
    let command: String
    let bytes: [UInt8]
    let expectedReplies: Int
    let timeout: Duration
    let deadline: ContinuousClock.Instant
    var replies: [RedisValue] = []
    /// Whether the bytes went to the socket.
    var isInFlight = false
    /// Whether it was canceled before it was submitted.
    var isCanceled = false
    /// Nil once somebody has been told: an answer that comes later is dropped.
    var completion: Completion?

    init(_ commands: [RedisCommand], timeout: Duration) {
        command = commands.first?.name ?? ""
        var bytes: [UInt8] = []
        for command in commands { command.write(to: &bytes) }
        self.bytes = bytes
        expectedReplies = commands.count
        self.timeout = timeout
        deadline = .now + timeout
    }
}
