internal import Redis

/// What one question at the gate is answered with.
enum GateAnswer: Sendable, Hashable {
    /// The call may begin after this time; its place is taken.
    case go(after: Duration)
    /// The windows are used up, or the provider asked everybody to wait.
    case wait(Duration)
    /// As many calls as may be are under way; the first permit runs out after this time.
    case full(Duration)
    /// The breaker is open, or the provider is paused.
    case open(Duration)

    /// Reads a reply of `GateScripts.admit`, with the number of workers that have asked lately.
    static func read(_ reply: RedisValue) throws(RedisError) -> (answer: GateAnswer, workers: Int) {
        let parts = try reply.expect(\.array)
        guard parts.count == 3, let time = parts[1].integer, let workers = parts[2].integer else {
            throw .unexpectedReply("\(reply) to the gate's question")
        }
        let wait = Duration.microseconds(time)
        let answer: GateAnswer =
            switch parts[0].string {
            case "go": .go(after: wait)
            case "wait": .wait(wait)
            case "full": .full(wait)
            case "open": .open(wait)
            default: throw .unexpectedReply("\(reply) to the gate's question")
            }
        return (answer, Int(workers))
    }
}
