import HTTPClient
import JSON
import Testing

@testable import ProviderStandIns

struct KnobsTests {
    @Test func `knobs are written as they are read`() throws {
        var knobs = Knobs()
        knobs.latency = 7
        knobs.failureKind = .unpaid
        knobs.webhook.shuffle = 30
        knobs.loading = 1.5
        var other = Knobs()
        try other.apply(knobs.json)
        #expect(other == knobs)
    }

    @Test(arguments: [
        #"{"latency_ms": -1}"#, #"{"latency_ms": "x"}"#, #"{"failure_rate": 1.1}"#, #"{"failure_kind": "bored"}"#,
        #"{"webhook": {"copies": 0}}"#, #"{"webhook": {"speed": 1}}"#, #"{"webhook": 1}"#, #"{"tempo": 1}"#, "[]",
        #"{"lost_rate": null}"#, #"{"slow_body_ms": 600001}"#,
    ])
    func `a knob that cannot be turned that far changes nothing`(text: String) throws {
        var knobs = Knobs()
        let json = try JSON(parsing: Array(text.utf8))
        #expect(throws: StandInError.self) { try knobs.apply(json) }
        #expect(knobs == Knobs())
    }

    @Test func `a knob that is wrong after right ones changes none of them`() throws {
        var knobs = Knobs()
        #expect(throws: StandInError.self) { try knobs.apply(["latency_ms": 1, "steps": 1000]) }
        #expect(knobs == Knobs())
    }

    @Test func `one provider's knobs stand over the common ones, whenever either is turned`() throws {
        let board = KnobBoard()
        try board.update(["latency_ms": 1], of: "fal")
        try board.update(["latency_ms": 2, "steps": 9])
        #expect(try board.knobs(of: "fal").latency == 1)
        #expect(try board.knobs(of: "fal").steps == 9)
        #expect(try board.knobs(of: "replicate").latency == 2)
        #expect(throws: StandInError.self) { try board.update(["latency_ms": -1], of: "fal") }
        #expect(try board.knobs(of: "fal").latency == 1)
        board.reset("fal")
        #expect(try board.knobs(of: "fal").latency == 2)
        board.reset()
        #expect(try board.knobs() == Knobs())
    }

    @Test func `the same seed throws the same dice for each provider, another seed others`() throws {
        func run(_ seed: Int, _ provider: String) -> [Bool] {
            let board = KnobBoard()
            return (0..<64).map { _ in
                var dice = board.dice(for: provider, seed: seed)
                return dice.happens(0.5)
            }
        }
        #expect(run(1, "fal") == run(1, "replicate"))
        #expect(run(1, "fal") != run(2, "fal"))
    }

    @Test func `a share is about that many`() {
        let board = KnobBoard()
        var knobs = Knobs()
        knobs.failureRate = 0.1
        knobs.throttleRate = 0.1
        let fates = (0..<2000).map { _ in
            var dice = board.dice(for: "fal", seed: 3)
            return Fate(knobs, &dice).outcome
        }
        #expect((150...250).contains(fates.count { $0 == .throttled(1) }))
        #expect((130...240).contains(fates.count { if case .fails = $0 { true } else { false } }))
    }

    @Test func `turning one knob leaves what another decides as it was`() {
        func failing(_ throttled: Double) -> [Bool] {
            let board = KnobBoard()
            var knobs = Knobs()
            knobs.lostRate = 0.5
            knobs.throttleRate = throttled
            return (0..<64).map { _ in
                var dice = board.dice(for: "fal", seed: 3)
                return Fate(knobs, &dice).delivery.isLost
            }
        }
        #expect(failing(0) == failing(0.9))
    }
}
