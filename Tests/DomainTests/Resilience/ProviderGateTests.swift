import FoundationEssentials
import FunctionRuntime
import FunctionTesting
import Redis
import Synchronization
import Testing

@testable import Domain

/// Several workers, each with a connection of its own, before one provider.
@Suite(.timeLimit(.minutes(1)))
struct ProviderGateTests {
    private let provider = UUID().text
    private let log = Log { _ in }

    private func gate(
        _ url: String, perSecond: Int = 10_000, perMinute: Int = 100_000, concurrency: Int = 1000
    ) throws -> ProviderGate {
        let limits = ProviderLimits(perSecond: perSecond, perMinute: perMinute, concurrency: concurrency)
        return ProviderGate(try Redis(url: url), limits: ProviderLimitTable([provider: limits]))
    }

    private func sharedURL() async throws -> String { try await TemporaryRedis.shared().url }

    /// Makes a call as the worker does; one that is sent away comes again.
    private func call(_ gate: ProviderGate, _ body: @escaping @Sendable () async throws -> Void) async throws {
        while true {
            switch try await gate.admit(provider, log: log) {
            case .admitted(let permit): return try await gate.hold(permit, log: log, body)
            case let refusal: try await Task.sleep(for: refusal.delay ?? .zero)
            }
        }
    }

    @Test func `three workers together keep to the limits, and use them`() async throws {
        let url = try await sharedURL()
        let gates = try (0..<3).map { _ in try gate(url, perSecond: 40, concurrency: 7) }
        let running = CallCount()
        try await withThrowingTaskGroup(of: Void.self) { group in
            for number in 0..<120 {
                group.addTask {
                    try await call(gates[number % 3]) {
                        running.begin()
                        try await Task.sleep(for: .milliseconds(60))
                        running.end()
                    }
                }
            }
            try await group.waitForAll()
        }
        #expect(running.most == 7)
        let redis = try Redis(url: url)
        let list = try await redis.send("LRANGE", GateKeys(provider).all[2], "0", "-1").expect(\.array)
        let starts = try list.map { try $0.expect(\.integer) }
        #expect(starts.count == 120)
        for index in 40..<starts.count { #expect(starts[index - 40] - starts[index] >= 1_000_000) }
        #expect(try await gates[0].states(of: [provider])[provider]?.calls == 0)
    }

    @Test func `the breaker that one worker's failures open stops the others, until the probe of one went well`()
        async throws
    {
        let url = try await sharedURL()
        let gates = try (0..<3).map { _ in try gate(url) }
        for _ in 0..<5 {
            await #expect(throws: ProviderError.self) {
                try await call(gates[0]) { throw ProviderError(.unavailable, "it is down") }
            }
        }
        for gate in gates {
            let answer = try await gate.admit(provider, log: log)
            guard case .open(let until) = answer else {
                Issue.record("\(answer)")
                continue
            }
            #expect(until.timeIntervalSinceNow > 1)
        }
        let open = try await gates[1].states(of: [provider])[provider]
        #expect(open?.breaker == .open && open?.opensForMs ?? 0 > 1000)
        // The pause is over.
        let redis = try Redis(url: url)
        try await redis.send("HSET", GateKeys(provider).all[0], "open", "1")
        let fresh = try gate(url)
        guard case .admitted(let probe) = try await fresh.admit(provider, log: log) else {
            Issue.record("there is no probe")
            return
        }
        guard case .open = try await (try gate(url)).admit(provider, log: log) else {
            Issue.record("there is a second probe")
            return
        }
        await fresh.finish(probe, .well, log: log)
        let other = try gate(url)
        guard case .admitted = try await other.admit(provider, log: log) else {
            Issue.record("it did not close")
            return
        }
        #expect(try await other.states(of: [provider])[provider]?.breaker == .closed)
    }

    @Test func `a wait that the provider asked one worker for holds off all of them`() async throws {
        let url = try await sharedURL()
        let gates = try (0..<2).map { _ in try gate(url) }
        await #expect(throws: ProviderError.self) {
            try await call(gates[0]) { throw ProviderError(.limited(wait: .seconds(30)), "slow down") }
        }
        for gate in gates {
            let answer = try await gate.admit(provider, log: log)
            #expect(answer.delay ?? .zero > .seconds(29))
        }
        #expect(!gates[0].takesCalls(provider) && !gates[0].isOpen(provider))
        // The second of one worker is told without asking, and comes a little later than the first.
        let first = try #require(gates[0].refusal(at: provider)?.delay)
        let second = try #require(gates[0].refusal(at: provider)?.delay)
        #expect(first < second)
    }

    @Test func `a paused provider is left alone until an operator lets it go on`() async throws {
        let url = try await sharedURL()
        let (gate, other) = (try gate(url), try gate(url))
        try await gate.pause(provider)
        guard case .open = try await gate.admit(provider, log: log) else {
            Issue.record("it is not paused")
            return
        }
        #expect(try await gate.states(of: [provider])[provider]?.breaker == .paused)
        #expect(gate.isOpen(provider) && !gate.takesCalls(provider))
        #expect(!other.isOpen(provider) && other.takesCalls(provider))
        try await gate.unpause(provider)
        guard case .admitted = try await other.admit(provider, log: log) else {
            Issue.record("it is still paused")
            return
        }
    }

    @Test func `a place that becomes free is announced to those who wait for it in another process`() async throws {
        let url = try await sharedURL()
        let (holder, waiter) = (try gate(url, concurrency: 1), try gate(url, concurrency: 1))
        guard case .admitted(let permit) = try await holder.admit(provider, log: log) else {
            Issue.record("there is no place")
            return
        }
        try await waiter.signals.listening(for: ProviderGate.freeSignal(provider)) { freed in
            // That it listens.
            try await freed.wait()
            await holder.finish(permit, .well, log: log)
            try await freed.wait()
        }
    }

    @Test func `more than can wait here are sent back into the queue, and leave no place taken`() async throws {
        let gate = try gate(try await sharedURL(), concurrency: 1)
        guard case .admitted(let permit) = try await gate.admit(provider, log: log) else {
            Issue.record("there is no place")
            return
        }
        try await withThrowingTaskGroup(of: Void.self) { group in
            for _ in 0..<GateLane.room { group.addTask { _ = try await gate.admit(provider, log: log) } }
            try await until { gate.lane(provider).state.withLock { $0.waiting } == GateLane.room }
            let answer = try await gate.admit(provider, log: log)
            #expect(answer.delay ?? .zero > .zero)
            group.cancelAll()
            // Those who wait are cancelled: each leaves, and takes no place with it.
            while !group.isEmpty { await #expect(throws: CancellationError.self) { try await group.next() } }
        }
        await gate.finish(permit, .well, log: log)
        #expect(gate.lane(provider).state.withLock { $0.waiting } == 0)
        #expect(try await gate.states(of: [provider])[provider]?.calls == 0)
    }

    @Test func `a place that was given to somebody who is cancelled before it begins is given back`() async throws {
        let gate = try gate(try await sharedURL(), perSecond: 1)
        guard case .admitted(let first) = try await gate.admit(provider, log: log) else {
            Issue.record("there is no place")
            return
        }
        let waiting = Task { try await gate.admit(provider, log: log) }
        try await until { try await gate.states(of: [provider])[provider]?.calls == 2 }
        waiting.cancel()
        await #expect(throws: CancellationError.self) { try await waiting.value }
        #expect(try await gate.states(of: [provider])[provider]?.calls == 1)
        await gate.finish(first, .well, log: log)
    }

    @Test func `while Redis is away each worker keeps to its share, and all agree again when it is back`() async throws
    {
        let server = try await TemporaryRedis.start()
        let gates = try (0..<2).map { _ in try gate(server.url, concurrency: 4) }
        // Both are known to Redis, and the first has a call under way.
        for gate in gates { try await call(gate) {} }
        guard case .admitted(let first) = try await gates[0].admit(provider, log: log) else {
            Issue.record("there is no place")
            return
        }
        try await server.kill()
        let running = CallCount()
        try await withThrowingTaskGroup(of: Void.self) { group in
            for _ in 0..<6 {
                group.addTask {
                    try await call(gates[0]) {
                        running.begin()
                        try await Task.sleep(for: .milliseconds(20))
                        running.end()
                    }
                }
            }
            try await group.waitForAll()
        }
        // Half of the limit, and one of that was taken before.
        #expect(running.most == 1)
        try await server.restart()
        // A call that Redis has forgotten is there again with its next renewal.
        try await until {
            let permit = await gates[1].resume(provider, log: log)
            defer { _ = permit }
            return (try? await gates[1].states(of: [provider])[provider]?.calls ?? 0 > 0) == true
        }
        await gates[0].finish(first, .well, log: log)
    }

    @Test func `what a worker saw while Redis was there opens its own breaker when Redis is away`() async throws {
        let server = try await TemporaryRedis.start()
        let gate = try gate(server.url)
        for failure in 1...5 {
            if failure == 4 { try await server.kill() }
            await #expect(throws: ProviderError.self) {
                try await call(gate) { throw ProviderError(.unavailable, "it is down") }
            }
        }
        guard case .open(let until) = try await gate.admit(provider, log: log) else {
            Issue.record("its breaker is closed")
            return
        }
        #expect(until.timeIntervalSinceNow > 1 && gate.isOpen(provider))
    }

    @Test func `Redis is not asked again for a second after it did not answer`() async throws {
        let time = Mutex<Int64>(0)
        let gate = ProviderGate(try Redis(url: try await sharedURL()), now: { time.withLock { $0 } })
        func ask(answers: Bool) async -> Bool? {
            await gate.inRedis(log: log) {
                guard answers else { throw RedisError.closed }
                return true
            }
        }
        #expect(await ask(answers: true) == true)
        #expect(await ask(answers: false) == nil)
        time.withLock { $0 = 999_999 }
        #expect(await ask(answers: true) == nil)
        time.withLock { $0 = 1_000_000 }
        #expect(await ask(answers: true) == true)
    }

    @Test func `a wait that the provider asked for is kept while Redis is away`() async throws {
        let server = try await TemporaryRedis.start()
        let gate = try gate(server.url)
        try await server.kill()
        await #expect(throws: ProviderError.self) {
            try await call(gate) { throw ProviderError(.limited(wait: .seconds(30)), "slow down") }
        }
        #expect(try await gate.admit(provider, log: log).delay ?? .zero > .seconds(29))
    }

    @Test func `a call that runs already counts, whatever the limits say`() async throws {
        let gate = try gate(try await sharedURL(), perSecond: 1, concurrency: 1)
        let (one, two) = (await gate.resume(provider, log: log), await gate.resume(provider, log: log))
        #expect(try await gate.states(of: [provider])[provider]?.calls == 2)
        // Also for this process by itself, should Redis go away.
        #expect(gate.lane(provider).state.withLock { $0.local.callCount } == 2)
        for permit in [one, two] { await gate.finish(permit, .well, log: log) }
        #expect(try await gate.states(of: [provider])[provider]?.calls == 0)
        // Nor do they use up the rate.
        guard case .admitted = try await gate.admit(provider, log: log) else {
            Issue.record("the rate is used up")
            return
        }
    }

    @Test func `a signal that comes while nobody waits is not lost`() async throws {
        let signals = ProviderSignals(try Redis(url: try await sharedURL()), log: log)
        try await signals.listening(for: "ended") { listener in
            signals.signal("ended")
            let wasHeard = try await listener.wait(upTo: .seconds(30))
            #expect(wasHeard)
        }
    }
}

/// How many calls were under way at once.
private final class CallCount: Sendable {
    private let counts = Mutex((now: 0, most: 0))

    var most: Int { counts.withLock { $0.most } }
    func begin() { counts.withLock { $0 = ($0.now + 1, max($0.most, $0.now + 1)) } }
    func end() { counts.withLock { $0.now -= 1 } }
}
