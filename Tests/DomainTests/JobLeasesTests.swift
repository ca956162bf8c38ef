import Domain
import FoundationEssentials
import Postgres
import Testing

@Suite(.timeLimit(.minutes(1)))
struct JobLeasesTests {
    private static let result = NewResult(
        image: StoredImage(id: .version7(), storageKey: "outputs/a.png", format: .png, width: 3, height: 2, size: 9),
        sha256: [UInt8](repeating: 1, count: 32))

    @Test func `of many workers one gets the job`() async throws {
        let world = try await World()
        let job = try await world.createJob()
        let claims = try await withThrowingTaskGroup(of: JobClaim?.self) { group in
            for _ in 0..<8 { group.addTask { try await world.leases().claim(job.id, provider: "fake") } }
            return try await group.reduce(into: [JobClaim]()) { if let claim = $1 { $0.append(claim) } }
        }
        #expect(claims.count == 1)
        #expect(try await world.count("provider_calls") == 1)
        #expect(try await world.story(of: job.id) == ["queued", "processing"])
    }

    @Test func `claiming takes the wake-up from the outbox and records the intent`() async throws {
        let world = try await World()
        guard
            case .created(let job, let wakeUp?) = try await world.jobs.create(try NewJob(prompt: "a"), user: world.user)
        else { return }
        let claim = try #require(try await world.leases().claim(job.id, message: wakeUp.id, provider: "fake"))
        #expect(try await world.count("outbox") == 0)
        #expect(!claim.call.isInherited && claim.call.requestID == nil)
        #expect(try await world.count("provider_calls", where: "id = \(claim.call.id) and state = 'intended'") == 1)
    }

    @Test func `a late worker changes nothing`() async throws {
        let world = try await World()
        let job = try await world.createJob()
        let leases = world.leases()
        let late = try #require(try await leases.claim(job.id, provider: "fake"))
        try await world.expireLease(of: job.id)
        _ = try await world.sweeper.returnExpiredLeases()
        let current = try #require(try await leases.claim(job.id, provider: "fake"))

        #expect(try await !leases.renew(late.token))
        #expect(try await leases.progress(late.token, 0.9) == nil)
        #expect(try await !leases.complete(late, results: [Self.result]))
        #expect(try await !leases.fail(late, code: "x", message: "late"))
        #expect(try await leases.requeue(late, after: .zero, reason: nil, counts: true, call: .ended) == nil)
        #expect(try await !leases.recordResubmission(late))

        let now = try await world.job(job.id)
        #expect(now.status == .processing && now.attempts == 2 && now.progress == 0)
        #expect(try await world.count("images") == 0)
        #expect(try await world.count("provider_calls", where: "state = 'intended'") == 1)
        #expect(try await leases.complete(current, results: [Self.result]))
        #expect(try await world.story(of: job.id) == ["queued", "processing", "queued", "processing", "completed"])
    }

    @Test func `completing stores results, event and call at once`() async throws {
        let world = try await World()
        let job = try await world.createJob()
        let claim = try #require(try await world.leases().claim(job.id, provider: "fake"))
        #expect(try await world.leases().record("p1", for: claim) == .recorded)
        #expect(try await world.leases().complete(claim, results: [Self.result]))
        let record = try await world.jobs.find(job.id, user: world.user)
        #expect(record.job.status == .completed && record.job.progress == 1 && record.job.providerJobID == "p1")
        #expect(record.results == [Self.result.image])
        #expect(record.job.processingTime ?? -1 >= 0)
        #expect(try await world.count("provider_calls", where: "state = 'succeeded'") == 1)
        #expect(try await !world.leases().complete(claim, results: [Self.result]))
    }

    @Test func `the next attempt inherits a call that goes on, and makes a new one after it has ended`() async throws {
        let world = try await World()
        let job = try await world.createJob()
        let leases = world.leases()
        let first = try #require(try await leases.claim(job.id, provider: "fake"))
        #expect(try await leases.record("p1", for: first) == .recorded)
        _ = try await leases.requeue(first, after: .zero, reason: "busy", counts: true, call: .goesOn)
        let second = try #require(try await leases.claim(job.id, provider: "fake"))
        #expect(second.call.id == first.call.id && second.call.requestID == "p1" && second.call.isInherited)
        _ = try await leases.requeue(second, after: .zero, reason: "gone", counts: true, call: .ended)
        let third = try #require(try await leases.claim(job.id, provider: "fake"))
        #expect(third.call.id != first.call.id && third.call.requestID == nil && !third.call.isInherited)
    }

    @Test func `a request id is recorded once, whoever comes first`() async throws {
        let world = try await World()
        let job = try await world.createJob()
        let leases = world.leases()
        let late = try #require(try await leases.claim(job.id, provider: "fake"))
        try await world.expireLease(of: job.id)
        _ = try await world.sweeper.returnExpiredLeases()
        let current = try #require(try await leases.claim(job.id, provider: "fake"))
        // The late worker's call exists at the provider: that is recorded although its lease is gone.
        #expect(try await leases.record("p1", for: late) == .leaseLost)
        #expect(try await leases.record("p2", for: current) == .superseded(by: "p1"))
        #expect(try await leases.record("p1", for: current) == .recorded)

        let twin = try await world.createJob()
        let other = try #require(try await leases.claim(twin.id, provider: "fake"))
        #expect(try await leases.record("p1", for: other) == .taken)
        #expect(try await leases.recorded(["p1", "p2"], by: "fake") == ["p1"])
    }

    @Test func `a job that waits for its next attempt is not claimed before`() async throws {
        let world = try await World()
        let job = try await world.createJob()
        let leases = world.leases()
        let claim = try #require(try await leases.claim(job.id, provider: "fake"))
        let wakeUp = try await leases.requeue(
            claim, after: .seconds(60), reason: "busy", counts: true, call: .ended)
        #expect(wakeUp?.delay == .seconds(60))
        #expect(try await leases.claim(job.id, provider: "fake") == nil)
        #expect(try await world.count("outbox", where: "available_at > now() + interval '60 seconds'") == 1)
    }

    @Test func `cancel beats completion, and completion beats cancel, but never both`() async throws {
        let world = try await World()
        for _ in 0..<20 {
            let job = try await world.createJob()
            let claim = try #require(try await world.leases().claim(job.id, provider: "fake"))
            let result = NewResult(
                image: StoredImage(
                    id: .version7(), storageKey: "outputs/\(job.id.text).png", format: .png, width: 1, height: 1,
                    size: 1),
                sha256: [1])
            async let completed = world.leases().complete(claim, results: [result])
            async let canceled: Bool = { (try? await world.jobs.cancel(job.id, user: world.user)) != nil }()
            let outcome = (try await completed, await canceled)
            #expect(outcome.0 != outcome.1)
            let story = try await world.story(of: job.id)
            #expect(story == ["queued", "processing", outcome.0 ? "completed" : "canceled"])
        }
    }

    @Test func `jobs that are wanted twice at the same moment are claimed once, and each is completed as itself`()
        async throws
    {
        let world = try await World()
        var jobs: [UUID] = []
        for _ in 0..<10 { jobs.append(try await world.createJob().id) }
        let workers = [world.leases(), world.leases()]
        let claims = try await withThrowingTaskGroup(of: JobClaim?.self) { group in
            for worker in workers {
                for job in jobs + jobs.reversed() {
                    group.addTask { try await worker.claim(job, provider: "fake") }
                }
            }
            return try await group.compactMap(\.self).reduce(into: []) { $0.append($1) }
        }
        #expect(claims.map(\.job.id).sorted { $0.text < $1.text } == jobs.sorted { $0.text < $1.text })
        #expect(Set(claims.map(\.token.owner)).count == 10 && Set(claims.map(\.call.id)).count == 10)
        let late = LeaseToken(job: jobs[0], attempt: 1, owner: UUID())
        let completed = try await withThrowingTaskGroup(of: Bool.self) { group in
            for claim in claims { group.addTask { try await workers[0].complete(claim, results: []) } }
            group.addTask {
                var claim = claims[0]
                claim.token = late
                return try await workers[0].complete(claim, results: [])
            }
            return try await group.reduce(into: []) { $0.append($1) }
        }
        #expect(completed.count(where: \.self) == 10)
        #expect(try await world.count("jobs", where: "status = 'completed'") == 10)
        #expect(try await world.count("provider_calls", where: "state = 'succeeded'") == 10)
    }

    @Test func `a job that is to wait longer anyway is not postponed to an earlier time`() async throws {
        let world = try await World()
        let job = try await world.createJob()
        let claim = try #require(try await world.leases().claim(job.id, provider: "fake"))
        _ = try await world.leases().requeue(claim, after: .seconds(600), reason: nil, counts: false, call: .ended)
        let due = try await world.job(job.id).nextAttemptAt
        #expect(try await world.leases().postpone(job.id, message: nil, after: .seconds(1)) == nil)
        #expect(try await world.job(job.id).nextAttemptAt == due)
    }
}
