import Domain
import FoundationEssentials
import FunctionTesting
import JSON
import Testing

/// Answers that no provider should give, and that each will give one day.
@Suite(.serialized, .timeLimit(.minutes(1)))
struct ProviderFuzzTests {
    /// More find more: each is another way through the same answers.
    private static let seeds: ClosedRange<UInt64> = 1...2

    @Test(arguments: Adapter.all, Tamper.Kind.allCases)
    func `spoiled answers end in a picture or in a failure that says so, and never in a second call`(
        adapter: Adapter, kind: Tamper.Kind
    ) async throws {
        for seed in Self.seeds {
            let tamper = Shared<Tamper?>(nil)
            let through: @Sendable (String, Int) -> String = { value, port in
                let proxy = tamper.withLock { tamper in
                    if tamper == nil { tamper = try? Tamper(target: port, kind: kind, seed: seed) }
                    return tamper?.port ?? 9
                }
                return value.replacing(":\(port)", with: ":\(proxy)")
            }
            try await StandInWorld.run(adapter, knobs: ["latency_ms": 20], rewrite: through) { world in
                let outcome = await world.boundedOutcome()
                let deeds = tamper.withLock { $0?.deeds ?? [] }
                switch outcome {
                case .success(let outputs):
                    #expect(!outputs.isEmpty, "seed \(seed): \(deeds)")
                    for output in outputs { try await world.check(output, deeds) }
                case .failure(let error):
                    #expect(!error.message.isEmpty && error.message.utf8.count < 4_000, "seed \(seed): \(deeds)")
                    #expect(world.secrets.allSatisfy { !error.message.contains($0) }, "seed \(seed): \(deeds)")
                }
                let sent = try await world.count("submit") + world.count("refused")
                #expect(sent <= 1, "seed \(seed): \(deeds)")
            }
        }
    }
}

extension StandInWorld {
    /// How an attempt ends that is given up after a while: a status of tomorrow is watched for as long as the job may take.
    func boundedOutcome() async -> Result<[ProviderOutput], ProviderError> {
        await withTaskGroup(of: Result<[ProviderOutput], ProviderError>?.self) { group in
            group.addTask { await outcome() }
            group.addTask {
                try? await Task.sleep(for: .milliseconds(700))
                return nil
            }
            if let ended = await group.next() ?? nil { return ended }
            group.cancelAll()
            while let next = await group.next() {
                if let next { return next }
            }
            return .failure(ProviderError(.lost, "it never ended"))
        }
    }

    /// What cannot be fetched must say so; what is fetched came over HTTP.
    fileprivate func check(_ output: ProviderOutput, _ deeds: [String]) async throws {
        let fetched = await fetch(output)
        if case .failure(let error) = fetched { #expect(!error.message.isEmpty, "\(deeds)") }
        if case .address(let address) = output { #expect(address.hasPrefix("http"), "\(deeds)") }
    }

    func fetch(_ output: ProviderOutput) async -> Result<[UInt8], ProviderError> {
        do throws(ProviderError) { return .success(try await provider.fetch(output)) } catch { return .failure(error) }
    }
}
