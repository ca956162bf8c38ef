import FoundationEssentials
import FunctionRuntime
import FunctionTesting
import Redis
import Testing

@testable import Domain

/// The scripts in a real Redis, at times that the tests choose.
@Suite(.timeLimit(.minutes(1)))
struct GateScriptTests {
    private let redis: Redis
    private let keys = GateKeys(UUID().text)
    private let rules = BreakerRules()
    private static let second: Int64 = 1_000_000

    init() async throws {
        redis = try Redis(url: try await TemporaryRedis.shared().url)
    }

    private func admit(
        _ id: String, at now: Int64, worker: String = "w",
        _ limits: ProviderLimits = ProviderLimits(perSecond: 1000, perMinute: 10_000, concurrency: 1000)
    ) async throws -> (answer: GateAnswer, workers: Int) {
        try GateAnswer.read(
            try await redis.script(
                GateScripts.admit, keys: keys.all,
                arguments: [
                    String(now), id, worker, limits.perSecond, limits.perMinute, limits.concurrency,
                    15 * Self.second, Self.second, rules.probeWait.microseconds, 10 * Self.second,
                ]))
    }

    private func finish(_ id: String, _ outcome: CallOutcome, at now: Int64, concurrency: Int = 1000) async throws {
        let (name, wait) = outcome.arguments(rules)
        try await redis.script(
            GateScripts.finish, keys: keys.all,
            arguments: [
                String(now), id, name, wait.microseconds, concurrency, rules.window.microseconds, BreakerRules.parts,
                rules.failures, 500_000, rules.pause.microseconds, rules.longestPause.microseconds,
                "\(keys.all[0]):channel", "free",
            ])
    }

    @Test func `the breaker in Redis and the one as a value never disagree`() async throws {
        var model = Breaker(rules)
        var now: Int64 = 1_700_000_000 * Self.second
        var calls: [String] = []
        var random = SystemRandomNumberGenerator()
        var seen: Set<String> = []
        for step in 0..<2000 {
            now += Int64.random(in: 0..<(step.isMultiple(of: 50) ? 20 : 2), using: &random) * Self.second / 2
            let wellShare = (step / 200).isMultiple(of: 2) ? 0.2 : 0.9
            if calls.count < 4 || Bool.random(using: &random) {
                let id = "call-\(step)"
                let answer = try await admit(id, at: now).answer
                let expected: GateAnswer
                switch model.verdict(at: now) {
                case .wait(let until): expected = .open(.microseconds(until - now))
                case _ where now < model.heldUntil: expected = .wait(.microseconds(model.heldUntil - now))
                case .probe:
                    model.begin(probe: id, until: now + 15 * Self.second)
                    expected = .go(after: .zero)
                    seen.insert("probe")
                case .go: expected = .go(after: .zero)
                }
                #expect(answer == expected, "step \(step)")
                if answer == .go(after: .zero) { calls.append(id) }
            } else {
                let id = calls.remove(at: Int.random(in: calls.indices, using: &random))
                let dice = Double.random(in: 0..<1, using: &random)
                let outcome: CallOutcome =
                    dice < 0.03 ? .limited(.seconds(2)) : dice < 0.05 ? .untold : dice < wellShare ? .well : .unwell
                model.record(outcome, of: id, at: now)
                try await finish(id, outcome, at: now)
                seen.insert(model.isClosed ? "closed" : "open")
            }
        }
        #expect(seen == ["probe", "closed", "open"])
    }

    @Test func `the windows in Redis and those as a value never disagree`() async throws {
        let limits = ProviderLimits(perSecond: 4, perMinute: 30, concurrency: 1000)
        var model = CallWindows()
        var now: Int64 = 1_700_000_000 * Self.second
        var random = SystemRandomNumberGenerator()
        for step in 0..<600 {
            let start = model.next(limits, at: now)
            let answer = try await admit("call-\(step)", at: now, limits).answer
            if start - now > Self.second {
                #expect(answer == .wait(.microseconds(start - now)))
            } else {
                #expect(answer == .go(after: .microseconds(start - now)))
                model.begin(limits, at: start)
            }
            now += Int64.random(in: 0..<500_000, using: &random)
        }
    }

    @Test func `a place is free again when its permit is given back, or runs out with its worker`() async throws {
        let limits = ProviderLimits(perSecond: 1000, perMinute: 10_000, concurrency: 2)
        let now: Int64 = 1_700_000_000 * Self.second
        #expect(try await admit("a", at: now, limits).answer == .go(after: .zero))
        #expect(try await admit("b", at: now + Self.second, limits).answer == .go(after: .zero))
        #expect(try await admit("c", at: now + Self.second, limits).answer == .full(.seconds(14)))
        try await finish("b", .well, at: now + 2 * Self.second, concurrency: 2)
        #expect(try await admit("c", at: now + 2 * Self.second, limits).answer == .go(after: .zero))
        // `c` is renewed; the worker of `a` is dead.
        try await redis.script(
            GateScripts.renew, keys: keys.all, arguments: [String(now + 14 * Self.second), "c", 15 * Self.second])
        #expect(try await admit("d", at: now + 15 * Self.second, limits).answer == .go(after: .zero))
        #expect(try await admit("e", at: now + 20 * Self.second, limits).answer == .full(.seconds(9)))
    }

    @Test func `Redis knows how many workers share a provider`() async throws {
        let now: Int64 = 1_700_000_000 * Self.second
        for worker in ["one", "two", "three", "two"] { _ = try await admit(UUID().text, at: now, worker: worker) }
        #expect(try await admit("last", at: now, worker: "one").workers == 3)
        #expect(try await admit("later", at: now + 61 * Self.second, worker: "one").workers == 1)
    }

    @Test func `whoever waits for a place hears of one, and nobody is told when there was room`() async throws {
        let limits = ProviderLimits(perSecond: 1000, perMinute: 10_000, concurrency: 1)
        let now: Int64 = 1_700_000_000 * Self.second
        let channel = "\(keys.all[0]):channel"
        var heard = 0
        for try await event in redis.subscribe(to: channel) {
            if case .subscribed = event {
                _ = try await admit("a", at: now, limits)
                try await finish("a", .well, at: now, concurrency: 2)
                _ = try await admit("b", at: now, limits)
                try await finish("b", .well, at: now, concurrency: 1)
                try await redis.send("PUBLISH", channel, "end")
            } else if event == .message(channel: channel, payload: Array("free".utf8)) {
                heard += 1
            } else {
                break
            }
        }
        #expect(heard == 1)
    }
}
