import Testing

@testable import Domain

struct BreakerTests {
    private static let second: Int64 = 1_000_000
    private static let start: Int64 = 1_000_000_000 * second

    private func breaker(_ outcomes: [CallOutcome], every step: Int64 = 1000) -> (Breaker, now: Int64) {
        var breaker = Breaker(BreakerRules())
        var now = Self.start
        for outcome in outcomes {
            breaker.record(outcome, of: "call", at: now)
            now += step
        }
        return (breaker, now)
    }

    @Test(arguments: [
        (well: 0, unwell: 4, opens: false), (0, 5, true), (5, 5, true), (6, 5, false), (100, 99, false),
    ])
    func `it opens after five failures that are half of the window's calls`(well: Int, unwell: Int, opens: Bool) {
        let outcomes =
            Array(repeating: CallOutcome.well, count: well) + Array(repeating: .unwell, count: unwell)
        let (breaker, now) = breaker(outcomes)
        #expect(breaker.isClosed == !opens)
        #expect((breaker.verdict(at: now) == .go) == !opens)
    }

    @Test func `failures that are older than the window are forgotten`() {
        let (breaker, _) = breaker(Array(repeating: .unwell, count: 50), every: 16 * Self.second)
        #expect(breaker.isClosed)
    }

    @Test(arguments: [CallOutcome.untold, .limited(nil), .well])
    func `what says nothing bad opens nothing`(outcome: CallOutcome) {
        let (breaker, _) = breaker(Array(repeating: outcome, count: 50))
        #expect(breaker.isClosed)
    }

    @Test func `after the pause one probe goes through, and the others wait for it`() {
        var (breaker, now) = breaker(Array(repeating: .unwell, count: 5))
        guard case .wait(let until) = breaker.verdict(at: now) else {
            Issue.record("it is not open")
            return
        }
        #expect(breaker.verdict(at: until - 1) == .wait(until: until))
        #expect(breaker.verdict(at: until) == .probe)
        breaker.begin(probe: "probe", until: until + 15 * Self.second)
        #expect(breaker.verdict(at: until + 1) == .wait(until: until + 1 + 5 * Self.second))
        // A probe whose worker has died does not hold the provider back for ever.
        #expect(breaker.verdict(at: until + 15 * Self.second) == .probe)
        now = until + Self.second
        breaker.record(.well, of: "probe", at: now)
        #expect(breaker.isClosed && breaker.verdict(at: now) == .go)
    }

    @Test func `each probe that fails doubles the pause up to a minute, and one that goes well begins anew`() {
        var (breaker, now) = breaker(Array(repeating: .unwell, count: 5))
        var pauses: [Int64] = []
        for _ in 0..<6 {
            guard case .wait(let until) = breaker.verdict(at: now) else { break }
            pauses.append((until - now + 1000) / Self.second)
            now = until
            breaker.begin(probe: "probe", until: now + Self.second)
            breaker.record(.unwell, of: "probe", at: now)
        }
        #expect(pauses == [5, 10, 20, 40, 60, 60])
        guard case .wait(let until) = breaker.verdict(at: now) else { return }
        breaker.begin(probe: "probe", until: until + Self.second)
        breaker.record(.well, of: "probe", at: until)
        for _ in 0..<5 { breaker.record(.unwell, of: "call", at: until) }
        #expect(breaker.verdict(at: until) == .wait(until: until + 5 * Self.second))
    }

    @Test func `only the probe decides while it is not closed, and one that tells nothing lets another try`() {
        var (breaker, now) = breaker(Array(repeating: .unwell, count: 5))
        breaker.record(.well, of: "begun before", at: now)
        #expect(!breaker.isClosed)
        now += 5 * Self.second
        breaker.begin(probe: "probe", until: now + 15 * Self.second)
        breaker.record(.unwell, of: "begun before", at: now)
        breaker.record(.well, of: "begun before", at: now)
        #expect(!breaker.isClosed)
        breaker.record(.untold, of: "probe", at: now)
        #expect(breaker.verdict(at: now) == .probe)
    }

    @Test func `a wait that the provider asks for holds everybody, the longest of several, within reason`() {
        var (breaker, now) = breaker([.limited(.seconds(20)), .limited(.seconds(3)), .limited(nil)])
        #expect(breaker.heldUntil == Self.start + 20 * Self.second)
        breaker.record(.limited(.seconds(86_400)), of: "call", at: now)
        #expect(breaker.heldUntil == now + 300 * Self.second)
    }

    @Test(arguments: [
        (RetryClass.unavailable, CallOutcome.unwell), (.lost, .unwell), (.invalid, .well), (.refused, .well),
        (.limited(wait: .seconds(7)), .limited(.seconds(7))), (.quota, .untold),
    ])
    func `the class of an error says what it shows of the provider`(retryClass: RetryClass, outcome: CallOutcome) {
        #expect(CallOutcome(ProviderError(retryClass, "because")) == outcome)
    }

    @Test func `what went wrong beside the provider says nothing about it`() {
        #expect(CallOutcome(ProviderError(.unavailable, "no disk", code: "storage_unavailable")) == .untold)
        #expect(CallOutcome(CancellationError()) == .untold)
        // A model that failed is a provider that answered.
        #expect(CallOutcome(ProviderError(.invalid, "the model failed", code: "provider_failed")) == .well)
    }
}
