import Synchronization

/// The targets that were asked whether they want events and have not said yes: they may do so by opening a URL.
final class HandshakeBoard: Sendable {
    /// The dashboard's base URL, where that is served.
    private let address: String
    private let waiting = Mutex<[String: AsyncStream<Void>.Continuation]>([:])

    init(address: String) { self.address = address }

    /// What a target opens to say yes.
    func url(of code: String) -> String { "\(address)/api/storage/targets/validate?id=\(code)" }

    /// Yields once the target that was given the code has said yes.
    func expect(_ code: String) -> AsyncStream<Void> {
        let (stream, continuation) = AsyncStream<Void>.makeStream()
        waiting.withLock { $0[code] = continuation }
        return stream
    }

    /// The code counts no more.
    func forget(_ code: String) { waiting.withLock { $0[code] = nil } }

    /// Takes a yes.
    /// - Returns: false for a code that was given to nobody, or counts no more.
    func grant(_ code: String) -> Bool {
        guard let continuation = waiting.withLock({ $0.removeValue(forKey: code) }) else { return false }
        continuation.yield()
        return true
    }
}
