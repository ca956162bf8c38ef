/// A provider's API as its own client knows it, played on this machine.
protocol StandIn: Sendable {
    /// The first component of its path on the server: `replicate`.
    var name: String { get }

    /// Answers one call.
    ///
    /// - Throws: Only `StandInError`, for knobs that cannot be read; what a real provider would refuse is a response.
    func respond(to request: StandInRequest) async throws -> StandInResponse

    /// Work that goes on beside the calls, such as webhook deliveries; ends when canceled.
    func run() async
}

/// What stand-ins share: the knobs that hold for every call, and the ledger of all calls.
struct StandInState: Sendable {
    let knobs = KnobBoard()
    let ledger = CallLedger()
}
