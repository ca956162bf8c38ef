import Domain
import FunctionRuntime
import HTTPClient
import Redis

/// Asks each dependency whether it is there: 200 when all are, 503 when one is not. How the providers do is told beside that: they
/// are others' and no reason to take this service out of work.
@main struct Health: Function {
    static let summary = "Says whether each dependency is up, and how fast it answers"
    static let triggers = [Trigger.http(.get, "/api/v1/health")]
    static let limits = Limits(concurrency: 8, timeout: .seconds(10), memory: 64)
    static let environment =
        Database.environment + Redis.environment + StorageSettings.environment + Providers.environment
        + ProviderGate.environment

    /// What is known of every dependency.
    struct Report: Codable, Sendable {
        var status: ProbeResult.Status
        var dependencies: [String: ProbeResult]
        /// The circuit breaker of each provider and what is under way there; nil while Redis, which knows it, is away.
        var providers: [String: ProviderState]?
    }

    private let probes: [String: Probe]
    private let gate: ProviderGate
    private let providers: [String]

    init(_ configuration: Configuration) throws {
        let redis = try Redis(configuration)
        let client = HTTPClient()
        probes = [
            "postgres": .postgres(try Database(configuration, connections: 1)), "redis": .redis(redis),
            "storage": .storage(try Pictures(configuration, client)),
        ]
        gate = try ProviderGate(configuration, redis)
        providers = try Providers(configuration, client).names
    }

    func call(_ request: Request<NoBody>, _ context: Context) async throws -> Response<Report> {
        let results = await withTaskGroup(of: (String, ProbeResult).self) { group in
            for (name, probe) in probes {
                group.addTask { (name, await probe.run(within: .seconds(3), log: context.log, name: name)) }
            }
            return await group.reduce(into: [String: ProbeResult]()) { $0[$1.0] = $1.1 }
        }
        let isUp = results.values.allSatisfy { $0.status == .up }
        return Response(
            status: isUp ? 200 : 503, headers: ["cache-control": "no-store"],
            body: Report(
                status: isUp ? .up : .down, dependencies: results,
                providers: results["redis"]?.status == .up ? try? await gate.states(of: providers) : nil))
    }
}
