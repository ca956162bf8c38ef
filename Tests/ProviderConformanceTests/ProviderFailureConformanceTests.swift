import Domain
import FoundationEssentials
import FunctionTesting
import JSON
import Testing

/// The classes of failures that every adapter tells apart, whatever the provider's words for them are.
@Suite(.serialized, .timeLimit(.minutes(1)))
struct ProviderFailureConformanceTests {
    /// What a stand-in does wrong, and the classes that may come of it.
    struct Kind: Sendable, CustomTestStringConvertible {
        let name: String
        let classes: Set<RetryClass>
        var hostedOnly = false

        static let all = [
            // A model that failed by itself fails again; a service that only says 500 may have meant anything.
            Kind(name: "failed", classes: [.invalid, .unavailable]),
            Kind(name: "interrupted", classes: [.unavailable]),
            Kind(name: "invalid", classes: [.invalid]),
            Kind(name: "unauthorized", classes: [.quota], hostedOnly: true),
            Kind(name: "unpaid", classes: [.quota], hostedOnly: true),
            Kind(name: "error", classes: [.unavailable, .lost]),
            Kind(name: "unavailable", classes: [.unavailable]),
        ]

        var testDescription: String { name }
    }

    @Test(arguments: Adapter.all, Kind.all)
    func `every kind of failure has its class, and no call is repeated`(adapter: Adapter, kind: Kind) async throws {
        if kind.hostedOnly, adapter.isLocal { return }
        let knobs: JSON = ["latency_ms": 20, "failure_rate": 1, "failure_kind": .string(kind.name)]
        try await StandInWorld.run(adapter, knobs: knobs) { world in
            guard case .failure(let error) = await world.outcome() else {
                Issue.record("the failure went unnoticed")
                return
            }
            #expect(kind.classes.contains(error.retryClass), "\(error)")
            #expect(world.secrets.allSatisfy { !error.message.contains($0) }, "\(error)")
            let sent = try await world.count("submit") + world.count("refused")
            #expect(sent == 1)
        }
    }

    @Test(arguments: Adapter.all)
    func `content that is refused is refused, not tried again`(adapter: Adapter) async throws {
        if adapter.isLocal { return }
        try await StandInWorld.run(adapter, knobs: ["latency_ms": 20, "block_rate": 1]) { world in
            guard case .failure(let error) = await world.outcome() else {
                Issue.record("the refusal went unnoticed")
                return
            }
            #expect(error.retryClass == .refused, "\(error)")
        }
    }

    @Test(arguments: Adapter.all)
    func `too many calls are told how long to wait, in each provider's own way`(adapter: Adapter) async throws {
        if adapter.isLocal { return }
        try await StandInWorld.run(adapter, knobs: ["throttle_rate": 1, "retry_after": 7]) { world in
            guard case .failure(let error) = await world.outcome() else {
                Issue.record("the wait went unnoticed")
                return
            }
            #expect(error.retryClass == .limited(wait: .seconds(7)), "\(error)")
            #expect(error.call == .ended)
            let sent = try await world.count("submit")
            #expect(sent == 0)
        }
    }

    @Test(arguments: Adapter.all, ["lost_rate", "truncated_rate"])
    func `an answer that does not arrive is lost, and the call is found again where the provider can`(
        adapter: Adapter, knob: String
    ) async throws {
        try await StandInWorld.run(adapter, knobs: ["latency_ms": 100, knob: 1]) { world in
            let intended = Date()
            let request = world.fox()
            let error = await #expect(throws: ProviderError.self) {
                try await world.provider.submit(request, .brisk())
            }
            #expect(error?.retryClass == .lost, "\(String(describing: error))")
            #expect(try await world.count("submit") == 1)
            guard world.provider.capabilities.findsLostCalls else { return }
            #expect(error?.call == .goesOn)
            try await world.set([knob: 0])
            let found = try #require(try await world.provider.lookUp(request, since: intended).first)
            guard case .succeeded = try await world.provider.watch(found, .brisk()).state else {
                Issue.record("the call that was found did not end with a picture")
                return
            }
            #expect(try await world.count("submit") == 1)
        }
    }

    @Test(arguments: Adapter.all)
    func `a call that was never made is not found`(adapter: Adapter) async throws {
        try await StandInWorld.run(adapter) { world in
            let intended = Date()
            let found = try await world.provider.lookUp(world.fox(), since: intended)
            #expect(found.isEmpty)
        }
    }

    @Test(arguments: Adapter.all)
    func `a provider that is away is unavailable, and nothing goes on there`(adapter: Adapter) async throws {
        try await StandInWorld.run(adapter, rewrite: { value, port in value.replacing(":\(port)", with: ":9") }) {
            world in
            let error = await #expect(throws: ProviderError.self) {
                try await world.provider.submit(world.fox(), .brisk())
            }
            #expect(error?.retryClass == .unavailable && error?.call == .ended, "\(String(describing: error))")
        }
    }

    @Test(arguments: Adapter.all)
    func `results at a foreign address are fetched without credentials`(adapter: Adapter) async throws {
        try await StandInWorld.run(adapter) { world in
            let host = try LocalServer { _ in .init(body: [1, 2, 3]) }
            switch await world.fetch(.address(host.url + "/a.png")) {
            case .success(let bytes): #expect(bytes == [1, 2, 3])
            // A provider whose pictures are in its answers fetches nothing at all.
            case .failure(let error):
                #expect(error.retryClass == .invalid && host.requests.isEmpty)
                return
            }
            let sent = try #require(host.requests.first)
            #expect(sent.headers["authorization"] == nil && sent.headers["x-goog-api-key"] == nil)
            let everything = sent.headers.values.joined(separator: "\n") + sent.path
            #expect(world.secrets.allSatisfy { !everything.contains($0) })
        }
    }
}

extension StandInWorld {
    /// The values that must not be seen: everything configured that is no address.
    var secrets: [String] {
        settings.filter { $0.key.hasSuffix("KEY") || $0.key.hasSuffix("TOKEN") }.map(\.value).filter { !$0.isEmpty }
    }
}
