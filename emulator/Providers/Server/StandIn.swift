/// A provider's API as its own client knows it, played on this machine.
protocol StandIn: Sendable {
    /// The first component of its path on the server: `replicate`.
    var name: String { get }

    /// What functions are told so that they call it.
    ///
    /// - Parameter base: its base URL, `http://127.0.0.1:7080/replicate`.
    func settings(base: String) -> StandInSettings

    /// Answers one call.
    ///
    /// - Throws: `StandInError` for knobs that cannot be read; what a real provider would refuse is a response.
    func respond(to request: StandInRequest) async throws -> StandInResponse

    /// What to do with a WebSocket that a client wants to open; nil refuses it.
    func socket(for request: StandInRequest) -> StandInSocket.Handler?

    /// Whether the provider's own client speaks nothing but TLS.
    var wantsTLS: Bool { get }

    /// Work that goes on beside the calls, such as webhook deliveries; ends when canceled.
    func run() async
}

extension StandIn {
    func socket(for request: StandInRequest) -> StandInSocket.Handler? { nil }

    var wantsTLS: Bool { false }

    func run() async {}
}
