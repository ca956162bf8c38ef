/// What one process of a function takes on.
public struct Limits: Sendable, Hashable {
    /// How many invocations one process works on at once.
    public let concurrency: Int
    /// How long one invocation may take when its trigger brings no deadline of its own.
    public let timeout: Duration
    /// Resident memory of one process in MiB; deployment manifests ask for it.
    public let memory: Int
    /// Bytes of a request body that is read as a whole; a longer one is answered `too_large`. Streamed bodies have no
    /// limit but the host's.
    public let body: Int

    /// - Parameters:
    ///   - concurrency: invocations at once, from 1.
    ///   - timeout: time for one invocation.
    ///   - memory: MiB of resident memory.
    ///   - body: bytes of a whole request body, 8 MiB unless said otherwise.
    public init(
        concurrency: Int = 16, timeout: Duration = .seconds(30), memory: Int = 128, body: Int = 8 * 1_048_576
    ) {
        precondition(concurrency >= 1 && timeout > .zero && body >= 0, "limits of a function must be positive")
        self.concurrency = concurrency
        self.timeout = timeout
        self.memory = memory
        self.body = body
    }
}
