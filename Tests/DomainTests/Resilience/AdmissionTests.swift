import Domain
import FoundationEssentials
import FunctionRuntime
import FunctionTesting
import Postgres
import Queue
import Redis
import Synchronization
import Testing

/// The worker before the gate: what happens to jobs whose turn has not come.
@Suite(.timeLimit(.minutes(1)))
struct AdmissionTests {
    private let redis: TemporaryRedis

    init() async throws {
        redis = try await TemporaryRedis.start()
    }

    private func gate(
        perSecond: Int = 10_000, perMinute: Int = 100_000, concurrency: Int = 100
    ) throws -> ProviderGate {
        let limits = ProviderLimits(perSecond: perSecond, perMinute: perMinute, concurrency: concurrency)
        return ProviderGate(try Redis(url: redis.url), limits: ProviderLimitTable(["fake": limits]))
    }

    private func world() async throws -> World { try await World(redis: try Redis(url: redis.url)) }

    @Test func `a job whose turn has not come goes back uncounted, and leaves no call behind`() async throws {
        let world = try await world()
        let provider = FakeProvider()
        let gate = try gate()
        try await gate.pause("fake")
        let job = try await world.createJob()
        guard
            case .requeued(let wait, "provider_limited") = try await world.worker(provider, gate: gate).work(
                on: job.id, log: world.log)
        else {
            Issue.record("it was admitted")
            return
        }
        #expect(wait > .seconds(4))
        let returned = try await world.job(job.id)
        #expect(returned.status == .queued && returned.countedAttempts == 0)
        #expect(provider.counts.submits == 0)
        #expect(try await world.count("provider_calls") == 0)
    }

    @Test func `once that is known the next ones are not even taken: their owners see a queued job and no event`()
        async throws
    {
        let world = try await world()
        let provider = FakeProvider()
        let gate = try gate()
        try await gate.pause("fake")
        _ = try await gate.admit("fake", log: world.log)
        let job = try await world.createJob()
        guard
            case .postponed(let wait) = try await world.worker(provider, gate: gate).work(on: job.id, log: world.log)
        else {
            Issue.record("it was taken")
            return
        }
        #expect(wait > .seconds(4))
        #expect(try await world.story(of: job.id) == ["queued"])
        #expect(try await world.job(job.id).countedAttempts == 0)
        // It is woken when its time has come, also if Redis forgets: its wake-up is in the outbox.
        #expect(
            try await world.count(
                "outbox",
                where: """
                    job_id = \(job.id) and available_at >= interval '4 seconds' + (
                        select next_attempt_at from jobs where jobs.id = job_id)
                    """) == 1)
        #expect(try await world.queue.queue.depth().delayed == 1)
        #expect(try await world.worker(provider).work(on: job.id, log: world.log) == .nothingToDo(stopped: 0))
    }

    @Test func `a job that would wait beyond its time is ended instead`() async throws {
        let world = try await world()
        let gate = try gate()
        try await gate.pause("fake")
        _ = try await gate.admit("fake", log: world.log)
        let job = try await world.createJob()
        try await world.database.asService(
            "update jobs set queued_at = now() - \(JobRules.wallTime) where id = \(job.id)")
        #expect(
            try await world.worker(FakeProvider(), gate: gate).work(on: job.id, log: world.log)
                == .failed(code: "provider_limited"))
    }

    @Test func `a call that runs at the provider is followed to its end, also while nobody may make another`()
        async throws
    {
        let world = try await world()
        let provider = FakeProvider()
        let gate = try gate()
        let job = try await world.createJob()
        let claim = try #require(try await world.leases().claim(job.id, provider: "fake"))
        provider.remember("p1")
        #expect(try await world.leases().record("p1", for: claim) == .recorded)
        try await world.expireLease(of: job.id)
        _ = try await world.sweeper.returnExpiredLeases()
        try await gate.pause("fake")
        _ = try await gate.admit("fake", log: world.log)
        #expect(
            try await world.worker(provider, gate: gate).work(on: job.id, log: world.log) == .completed(results: 1))
        #expect(provider.counts.submits == 0)
        #expect(try await gate.states(of: ["fake"])["fake"]?.calls == 0)
    }

    @Test func `failures of jobs open the breaker, and jobs after that make no call`() async throws {
        let world = try await world()
        let provider = FakeProvider(submit: { _ throws(ProviderError) in throw ProviderError(.unavailable, "down") })
        let gate = try gate()
        for _ in 0..<8 {
            let job = try await world.createJob()
            _ = try await world.worker(provider, gate: gate).work(on: job.id, log: world.log)
        }
        #expect(provider.counts.submits == 5)
        #expect(try await gate.states(of: ["fake"])["fake"]?.breaker == .open)
    }

    @Test func `a burst of jobs over two workers is done within the limits, each with one call`() async throws {
        let world = try await world()
        let running = Mutex((now: 0, most: 0))
        let provider = FakeProvider(
            submit: { _ throws(ProviderError) in
                running.withLock { $0 = ($0.now + 1, max($0.most, $0.now + 1)) }
                return .running(progress: nil)
            },
            poll: { _, _ throws(ProviderError) in
                running.withLock { $0.now -= 1 }
                return .succeeded([.bytes(TestImages.png)])
            })
        let gates = [try gate(concurrency: 4), try gate(concurrency: 4)]
        var jobs: [UUID] = []
        for _ in 0..<60 { jobs.append(try await world.createJob().id) }
        try await withThrowingTaskGroup(of: Void.self) { group in
            for (index, job) in jobs.enumerated() {
                group.addTask {
                    let worker = world.worker(provider, gate: gates[index % 2])
                    while true {
                        // What the queue does for a real worker.
                        switch try await worker.work(on: job, log: world.log) {
                        case .postponed(let wait), .requeued(let wait, _): try await Task.sleep(for: wait)
                        case .nothingToDo: try await Task.sleep(for: .milliseconds(20))
                        case let end:
                            #expect(end == .completed(results: 1))
                            return
                        }
                    }
                }
            }
            try await group.waitForAll()
        }
        #expect(provider.counts.submits == 60)
        #expect(running.withLock { $0.most } <= 4)
    }
}
