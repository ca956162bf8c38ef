import FunctionRuntime
import Testing

@testable import Domain

struct LimitsTests {
    @Test func `limits are read from one line, and what it does not name is as ever`() throws {
        let text = "replicate: 10/s 600/min 40; fal: 25;openai:50/min"
        let table = try Configuration(["PROVIDER_LIMITS": text])[ProviderLimitTable.key]
        #expect(table["replicate"] == ProviderLimits(perSecond: 10, perMinute: 600, concurrency: 40))
        #expect(table["fal"] == ProviderLimits(perSecond: 5, perMinute: 100, concurrency: 25))
        #expect(table["openai"] == ProviderLimits(perSecond: 5, perMinute: 50, concurrency: 10))
        #expect(table["gemini"] == .standard)
        #expect(table.description == "fal: 5/s 100/min 25; openai: 5/s 50/min 10; replicate: 10/s 600/min 40")
        #expect(try Configuration([:])[ProviderLimitTable.key]["replicate"] == .standard)
    }

    @Test(arguments: [
        "replicate", "replicate:", "replicate: fast", "replicate: 0/s", "replicate: 5/h", "a: 1; a: 2", ": 5",
    ])
    func `anything else is refused with an example`(text: String) throws {
        let problem = #expect(throws: ConfigurationProblem.self) {
            try Configuration(["PROVIDER_LIMITS": text])[ProviderLimitTable.key]
        }
        #expect(problem?.message.contains("want replicate: 5/s 100/min 10") == true)
    }

    @Test func `no second and no minute sees more calls than its limit, and none sees fewer than it could`() {
        let limits = ProviderLimits(perSecond: 5, perMinute: 100, concurrency: 10)
        var windows = CallWindows()
        var starts: [Int64] = []
        var random = SystemRandomNumberGenerator()
        var now: Int64 = 1_000_000_000_000
        for _ in 0..<400 {
            let start = windows.next(limits, at: now)
            windows.begin(limits, at: start)
            starts.append(start)
            now = start + (Bool.random(using: &random) ? 0 : Int64.random(in: 0..<300_000, using: &random))
        }
        for (limit, window) in [(5, Int64(1_000_000)), (100, 60_000_000)] {
            for index in limit..<starts.count { #expect(starts[index] - starts[index - limit] >= window) }
        }
        // A burst gets all that the limits allow: 100 calls in the first 19 seconds, the next after a minute.
        var burst = CallWindows()
        var times: [Int64] = []
        for _ in 0..<101 {
            times.append(burst.next(limits, at: 0))
            burst.begin(limits, at: times.last!)
        }
        #expect(times[99] == 19_000_000 && times[100] == 60_000_000)
    }

    @Test func `a worker by itself keeps to its share, and has at least one of each`() {
        let limits = ProviderLimits(perSecond: 6, perMinute: 100, concurrency: 10)
        #expect(limits.share(of: 3) == ProviderLimits(perSecond: 2, perMinute: 33, concurrency: 3))
        #expect(limits.share(of: 50) == ProviderLimits(perSecond: 1, perMinute: 2, concurrency: 1))
        #expect(limits.share(of: 0) == limits)
    }

    @Test func `a gate by itself admits its share, keeps the breaker and frees a place at the end of a call`() {
        var gate = LocalGate(ProviderLimits(perSecond: 100, perMinute: 1000, concurrency: 4), BreakerRules())
        gate.workers = 2
        func admit(_ id: String, at now: Int64) -> GateAnswer {
            gate.admit(id, at: now, patience: .seconds(1), life: .seconds(15))
        }
        #expect(admit("a", at: 0) == .go(after: .zero))
        #expect(admit("b", at: 0) == .go(after: .zero))
        #expect(admit("c", at: 0) == .full(.seconds(15)))
        gate.finish("a", .unwell, at: 0)
        #expect(admit("c", at: 0) == .go(after: .zero))
        for _ in 0..<4 { gate.finish("b", .unwell, at: 0) }
        #expect(admit("d", at: 0) == .open(.seconds(5)))
        #expect(admit("d", at: 5_000_000) == .go(after: .zero))
        gate.finish("d", .limited(.seconds(2)), at: 5_000_000)
        #expect(admit("e", at: 5_000_000) == .wait(.seconds(2)))
    }

    @Test func `those who are sent away come back one after another, at the pace of the provider`() {
        let limits = ProviderLimits(perSecond: 100, perMinute: 10_000, concurrency: 20)
        var schedule = ReturnSchedule()
        let waits = (0..<3).map { _ in schedule.ticket(limits, workers: 2, at: 0) }
        #expect(waits == [.milliseconds(10), .milliseconds(20), .milliseconds(30)])
        schedule.block(until: 30_000_000)
        #expect(schedule.ticket(limits, workers: 1, at: 0) == .milliseconds(30_005))
        // Calls that take long let fewer through than the rate does.
        for _ in 0..<200 { schedule.note(callTime: 500_000) }
        let wait = schedule.ticket(limits, workers: 1, at: 0) - .milliseconds(30_005)
        #expect(wait > .milliseconds(12) && wait < .milliseconds(13))
        // But however long they take, somebody comes to see whether they still do.
        for _ in 0..<200 { schedule.note(callTime: 60_000_000) }
        let next = schedule.ticket(limits, workers: 1, at: 0)
        #expect(schedule.ticket(limits, workers: 1, at: 0) - next == .milliseconds(25))
    }
}
