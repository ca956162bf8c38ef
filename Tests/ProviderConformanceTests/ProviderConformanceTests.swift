import Domain
import FoundationEssentials
import FunctionTesting
import JSON
import Testing

/// What every provider's adapter must do, each against the stand-in that the provider's own client accepts.
///
/// An adapter is here as soon as it stands in `Providers.adapters`; what it cannot do, its capabilities say.
@Suite(.serialized, .timeLimit(.minutes(1)))
struct ProviderConformanceTests {
    @Test(arguments: Adapter.all)
    func `a call becomes a picture, and is sent once`(adapter: Adapter) async throws {
        try await StandInWorld.run(adapter) { world in
            let call = try await world.draw()
            guard case .succeeded(let outputs) = call.state else {
                Issue.record("the call ended as \(call.state)")
                return
            }
            #expect(!call.requestID.isEmpty && !outputs.isEmpty)
            for output in outputs {
                let header = try ImageHeader(sniffing: try await world.provider.fetch(output))
                #expect(header.width > 0)
            }
            #expect(try await world.count("submit") == 1)
        }
    }

    @Test(arguments: Adapter.all)
    func `a provider that answers at once returns an ended call, any other returns before it has drawn`(
        adapter: Adapter
    ) async throws {
        try await StandInWorld.run(adapter, knobs: ["latency_ms": 600]) { world in
            let call = try await world.provider.submit(world.fox(), .brisk())
            let isRunning = if case .running = call.state { true } else { false }
            #expect(isRunning == !world.provider.capabilities.answersAtOnce)
        }
    }

    @Test(arguments: Adapter.all)
    func `each call has a request id of its own`(adapter: Adapter) async throws {
        try await StandInWorld.run(adapter) { world in
            let job = UUID.version7()
            var ids: Set<String> = []
            for _ in 0..<2 {
                ids.insert(
                    try await world.provider.submit(
                        world.fox(of: job), .brisk()
                    ).requestID)
            }
            #expect(ids.count == 2)
        }
    }

    @Test(arguments: Adapter.all)
    func `progress and previews are told by those who say that they tell them`(adapter: Adapter) async throws {
        try await StandInWorld.run(adapter, knobs: ["latency_ms": 800, "steps": 4]) { world in
            let recorder = Recorder()
            _ = try await world.draw(world.fox(), recorder.observer)
            let can = world.provider.capabilities
            #expect(recorder.progress.contains { $0 > 0 } == can.showsProgress)
            #expect(recorder.progress.allSatisfy { (0...1).contains($0) })
            #expect(!recorder.previews.isEmpty == can.showsPreviews)
            for preview in recorder.previews { _ = try ImageHeader(sniffing: preview) }
        }
    }

    @Test(arguments: Adapter.all)
    func `it draws from a picture where it says so`(adapter: Adapter) async throws {
        try await StandInWorld.run(adapter) { world in
            guard world.provider.capabilities.takesImages else { return }
            guard case .succeeded(let outputs) = try await world.draw().state, let first = outputs.first else {
                Issue.record("there is no picture to begin with")
                return
            }
            let bytes = try await world.provider.fetch(first)
            let image = GenerationRequest.InputImage(bytes: bytes, format: try ImageHeader(sniffing: bytes).format)
            guard case .succeeded(let drawn) = try await world.draw(world.fox(image: image)).state else {
                Issue.record("nothing was drawn from the picture")
                return
            }
            #expect(try await world.provider.fetch(try #require(drawn.first)) != bytes)
        }
    }

    @Test(arguments: Adapter.all)
    func `a call that the provider does not know is lost and over`(adapter: Adapter) async throws {
        try await StandInWorld.run(adapter) { world in
            let error = await #expect(throws: ProviderError.self) {
                try await world.provider.watch(
                    ProviderCall(requestID: UUID.version7().text, state: .running(progress: nil)), .brisk())
            }
            #expect(error?.retryClass == .lost && error?.call == .ended)
        }
    }

    @Test(arguments: Adapter.all)
    func `a running call is stopped, and that one only`(adapter: Adapter) async throws {
        try await StandInWorld.run(adapter, knobs: ["latency_ms": 300]) { world in
            let can = world.provider.capabilities
            guard can.cancels, !can.answersAtOnce else { return }
            let other = try await world.provider.submit(world.fox(), .brisk())
            try await world.set(["latency_ms": 60_000])
            let call = try await world.provider.submit(world.fox(), .brisk())
            try await world.provider.cancel(call.requestID)
            // A provider may forget what it was told to stop.
            switch await world.end(of: call) {
            case .success(let ended): #expect(ended.state == .canceled)
            case .failure(let error): #expect(error.call == .ended)
            }
            guard case .succeeded = try await world.provider.watch(other, .brisk()).state else {
                Issue.record("the other call was stopped as well")
                return
            }
            // Once more, after its end: left as it is.
            try await world.provider.cancel(other.requestID)
        }
    }

    @Test(arguments: Adapter.all)
    func `watching that is cancelled ends at once and leaves the call`(adapter: Adapter) async throws {
        try await StandInWorld.run(adapter, knobs: ["latency_ms": 60_000]) { world in
            guard !world.provider.capabilities.answersAtOnce else { return }
            let call = try await world.provider.submit(world.fox(), .brisk())
            let watching = Task { try await world.provider.watch(call, .brisk()) }
            watching.cancel()
            let error = await #expect(throws: ProviderError.self) { try await watching.value }
            #expect(error?.call == .goesOn)
            #expect(try await world.count("cancel") == 0)
        }
    }

    @Test(arguments: Adapter.all)
    func `a provider that calls back does so at the address of the request`(adapter: Adapter) async throws {
        try await StandInWorld.run(adapter) { world in
            let receiver = try LocalServer { _ in .init() }
            _ = try await world.draw(world.fox(webhook: "\(receiver.url)/called?job=7"))
            guard world.provider.capabilities.takesWebhooks else {
                #expect(receiver.requests.isEmpty)
                return
            }
            while receiver.requests.isEmpty { try await Task.sleep(for: .milliseconds(10)) }
            // The vendor may add parameters of its own behind ours.
            #expect(receiver.requests[0].method == "POST" && receiver.requests[0].path.hasPrefix("/called?job=7"))
        }
    }
}
