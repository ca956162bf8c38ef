/// What a dependency answered.
struct ProbeResult: Codable, Sendable {
    enum Status: String, Codable, Sendable, CaseIterable {
        case up, down
    }

    var status: Status
    var latencyMs: Double
}
