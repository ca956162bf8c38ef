import FoundationEssentials
import FunctionRuntime
import JSON
import Postgres
import Synchronization
import Testing

@testable import Domain

@Suite(.timeLimit(.minutes(1)))
struct GenerationWorkerTests {
    @Test func `a job goes from queued to completed with its picture stored`() async throws {
        let world = try await World()
        let job = try await world.createJob()
        let provider = FakeProvider()
        #expect(try await world.worker(provider).work(on: job.id, log: world.log) == .completed(results: 1))
        let record = try await world.jobs.find(job.id, user: world.user)
        #expect(record.job.status == .completed)
        #expect(record.results.map(\.storageKey) == world.files.keys)
        #expect(record.results.first?.width == 768 && record.results.first?.format == .png)
        #expect(provider.counts == .init(submits: 1, polls: 1))
        #expect(try await world.story(of: job.id) == ["queued", "processing", "completed"])
    }

    @Test func `the same wake-up twice draws once`() async throws {
        let world = try await World()
        let job = try await world.createJob()
        let provider = FakeProvider()
        async let one = world.worker(provider).work(on: job.id, log: world.log)
        async let two = world.worker(provider).work(on: job.id, log: world.log)
        let outcomes = Set([try await one, try await two])
        #expect(outcomes == [.completed(results: 1), .nothingToDo(stopped: 0)])
        #expect(provider.counts.submits == 1)
    }

    @Test func `progress becomes events in order`() async throws {
        let world = try await World()
        let job = try await world.createJob()
        let provider = FakeProvider(poll: { _, polls throws(ProviderError) in
            polls < 4 ? .running(progress: [0.25, 0.25, 0.5][polls - 1]) : .succeeded([.bytes(TestImages.png)])
        })
        _ = try await world.worker(provider).work(on: job.id, log: world.log)
        let events = try await world.jobs.history(of: job.id, after: 0, user: world.user).events
        #expect(events.map(\.sequence) == [1, 2, 3, 4, 5])
        #expect(events.filter { $0.kind == .progress }.map { $0.data["progress"]?.double } == [0.25, 0.5])
    }

    @Test func `a job that workers died with is worked on alone: it waits for the others, and others wait for it`()
        async throws
    {
        let world = try await World()
        let (first, suspect, last) = (
            try await world.createJob("first"), try await world.createJob("suspect"), try await world.createJob("last")
        )
        try await world.database.asService("update jobs set shared_deaths = 3 where id = \(suspect.id)")
        let (stages, go) = AsyncStream.makeStream(of: Void.self)
        let running = Mutex((now: 0, most: 0))
        let provider = FakeProvider(
            submit: { _ throws(ProviderError) in
                running.withLock { $0 = ($0.now + 1, max($0.most, $0.now + 1)) }
                return .running(progress: nil)
            },
            poll: { _, polls throws(ProviderError) in
                if polls == 1 { for await _ in stages {} }
                running.withLock { $0.now -= 1 }
                return .succeeded([.bytes(TestImages.png)])
            })
        let worker = world.worker(provider)
        async let one = worker.work(on: first.id, log: world.log)
        try await until { provider.counts.polls == 1 }
        async let two = worker.work(on: suspect.id, log: world.log)
        // It has asked in vain to be taken in company.
        try await until { worker.company.waiting == 1 }
        async let three = worker.work(on: last.id, log: world.log)
        try await until { worker.company.waiting == 2 }
        #expect(provider.counts.submits == 1)
        go.finish()
        #expect(try await [one, two, three] == Array(repeating: .completed(results: 1), count: 3))
        #expect(running.withLock { $0.most } == 1)
    }

    @Test func `of two calls for one intent the one that was recorded first goes on, and the other is canceled`()
        async throws
    {
        let world = try await World()
        let job = try await world.createJob()
        let extra = Mutex("")
        let provider = FakeProvider(submit: { id throws(ProviderError) in
            extra.withLock { $0 = id }
            do {
                // What a worker that was thought dead records meanwhile.
                try await world.database.asService(
                    "update provider_calls set state = 'submitted', request_id = 'first' where job_id = \(job.id)")
            } catch {
                throw ProviderError(.invalid, "\(error)")
            }
            return .running(progress: nil)
        })
        provider.remember("first")
        #expect(try await world.worker(provider).work(on: job.id, log: world.log) == .completed(results: 1))
        #expect(provider.counts.cancels == [extra.withLock { $0 }])
        #expect(
            try await world.count("provider_calls", where: "request_id = 'first' and state = 'succeeded'") == 1)
    }

    // MARK: Crashes: what a dead worker leaves behind is a claimed row and an open call.

    @Test func `after a crash between intent and answer the call is found and not made again`() async throws {
        let world = try await World()
        let job = try await world.createJob()
        let provider = FakeProvider()
        _ = try #require(try await world.leases().claim(job.id, provider: "fake"))
        provider.remember("paid-already")
        try await world.expireLease(of: job.id)
        _ = try await world.sweeper.returnExpiredLeases()
        #expect(try await world.worker(provider).work(on: job.id, log: world.log) == .completed(results: 1))
        #expect(provider.counts == .init(submits: 0, polls: 1, lookUps: 1))
        #expect(try await world.job(job.id).providerJobID == "paid-already")
    }

    @Test func `a found call that belongs to another job is not taken`() async throws {
        let world = try await World()
        let provider = FakeProvider()
        let twin = try await world.createJob()
        let twins = try #require(try await world.leases().claim(twin.id, provider: "fake"))
        provider.remember("the twin's")
        #expect(try await world.leases().record("the twin's", for: twins) == .recorded)

        let job = try await world.createJob()
        _ = try #require(try await world.leases().claim(job.id, provider: "fake"))
        try await world.expireLease(of: job.id)
        _ = try await world.sweeper.returnExpiredLeases()
        #expect(try await world.worker(provider).work(on: job.id, log: world.log) == .completed(results: 1))
        #expect(provider.counts.submits == 1)
    }

    @Test func `where nothing can be looked up one more call is made, and counted`() async throws {
        let world = try await World()
        let job = try await world.createJob()
        let provider = FakeProvider(findsLostCalls: false)
        _ = try #require(try await world.leases().claim(job.id, provider: "fake"))
        try await world.expireLease(of: job.id)
        _ = try await world.sweeper.returnExpiredLeases()
        #expect(try await world.worker(provider).work(on: job.id, log: world.log) == .completed(results: 1))
        #expect(provider.counts == .init(submits: 1, polls: 1))
        #expect(try await world.count("provider_calls", where: "submissions = 2") == 1)
    }

    @Test func `after a crash with a request id the call is watched again and never made again`() async throws {
        let world = try await World()
        let job = try await world.createJob()
        let provider = FakeProvider()
        let claim = try #require(try await world.leases().claim(job.id, provider: "fake"))
        provider.remember("p1")
        #expect(try await world.leases().record("p1", for: claim) == .recorded)
        try await world.expireLease(of: job.id)
        _ = try await world.sweeper.returnExpiredLeases()
        #expect(try await world.worker(provider).work(on: job.id, log: world.log) == .completed(results: 1))
        #expect(provider.counts == .init(submits: 0, polls: 1))
    }

    @Test func `a worker that is told to stop gives the job back, and the next resumes its call`() async throws {
        let world = try await World()
        // Again and again: what a stop meets first in the worker is a matter of luck.
        for _ in 0..<20 {
            let job = try await world.createJob()
            let isDone = Mutex(false)
            let provider = FakeProvider(poll: { _, _ throws(ProviderError) in
                isDone.withLock { $0 } ? .succeeded([.bytes(TestImages.png)]) : .running(progress: nil)
            })
            let working = Task { try await world.worker(provider).work(on: job.id, log: world.log) }
            try await until { provider.counts.polls > 0 }
            working.cancel()
            await #expect(throws: CancellationError.self) { try await working.value }
            let returned = try await world.job(job.id)
            #expect(returned.status == .queued && returned.countedAttempts == 0)
            isDone.withLock { $0 = true }
            #expect(try await world.worker(provider).work(on: job.id, log: world.log) == .completed(results: 1))
            #expect(provider.counts.submits == 1)
        }
    }

    @Test func `a lease is renewed for as long as the provider draws`() async throws {
        let world = try await World()
        let job = try await world.createJob()
        let start = ContinuousClock.now
        let provider = FakeProvider(poll: { _, _ throws(ProviderError) in
            start.duration(to: .now) > .milliseconds(1200)
                ? .succeeded([.bytes(TestImages.png)]) : .running(progress: nil)
        })
        async let outcome = world.worker(provider, lease: .milliseconds(400)).work(on: job.id, log: world.log)
        try await until {
            #expect(try await world.sweeper.returnExpiredLeases().moved.isEmpty)
            return try await world.job(job.id).status == .completed
        }
        #expect(try await outcome == .completed(results: 1))
    }

    @Test func `a worker whose lease is gone stops and writes nothing`() async throws {
        let world = try await World()
        let job = try await world.createJob()
        let provider = FakeProvider(poll: { _, _ throws(ProviderError) in .running(progress: nil) })
        async let outcome = world.worker(provider, lease: .milliseconds(300)).work(on: job.id, log: world.log)
        try await until { provider.counts.polls > 0 }
        try await world.expireLease(of: job.id)
        try await until {
            try await world.expireLease(of: job.id)
            return try await !world.sweeper.returnExpiredLeases().moved.isEmpty
        }
        #expect(try await outcome == .leaseLost)
        #expect(try await world.job(job.id).status == .queued)
        #expect(provider.counts.cancels.isEmpty)
    }

    // MARK: Cancelling

    @Test func `a cancel stops the worker, and the wake-up that comes with it tells the provider once`() async throws {
        let world = try await World()
        let job = try await world.createJob()
        let provider = FakeProvider(poll: { _, _ throws(ProviderError) in .running(progress: nil) })
        async let outcome = world.worker(provider, lease: .milliseconds(300)).work(on: job.id, log: world.log)
        try await until { provider.counts.polls > 0 }
        let (canceled, wakeUp) = try await world.jobs.cancel(job.id, user: world.user)
        #expect(wakeUp != nil)
        #expect(try await outcome == .leaseLost)
        #expect(try await world.worker(provider).work(on: job.id, log: world.log) == .nothingToDo(stopped: 1))
        #expect(try await world.worker(provider).work(on: job.id, log: world.log) == .nothingToDo(stopped: 0))
        #expect(provider.counts.cancels == [canceled.providerJobID])
        #expect(try await world.job(job.id).status == .canceled)
    }

    @Test func `a cancel while the request is under way reaches the call it started`() async throws {
        let world = try await World()
        let job = try await world.createJob()
        let isCanceled = Mutex(false)
        let provider = FakeProvider(submit: { _ throws(ProviderError) in
            while !isCanceled.withLock({ $0 }) { try? await Task.sleep(for: .milliseconds(5)) }
            return .running(progress: nil)
        })
        async let outcome = world.worker(provider).work(on: job.id, log: world.log)
        try await until { provider.counts.submits == 1 }
        _ = try await world.jobs.cancel(job.id, user: world.user)
        isCanceled.withLock { $0 = true }
        #expect(try await outcome == .leaseLost)
        #expect(provider.counts.cancels.count == 1)
        #expect(provider.counts.polls == 0)
    }

    @Test func `a cancel that a renewal notices while the request is under way reaches the call all the same`()
        async throws
    {
        let world = try await World()
        let job = try await world.createJob()
        let canceled = Mutex<ContinuousClock.Instant?>(nil)
        let provider = FakeProvider(submit: { _ throws(ProviderError) in
            // Longer than a third of the lease, so that the renewal is the first to know.
            while canceled.withLock({ $0.map { $0.duration(to: .now) < .milliseconds(500) } ?? true }) {
                try? await Task.sleep(for: .milliseconds(5))
            }
            return .running(progress: nil)
        })
        async let outcome = world.worker(provider, lease: .milliseconds(300)).work(on: job.id, log: world.log)
        try await until { provider.counts.submits == 1 }
        _ = try await world.jobs.cancel(job.id, user: world.user)
        #expect(try await world.worker(provider).work(on: job.id, log: world.log) == .nothingToDo(stopped: 0))
        canceled.withLock { $0 = .now }
        #expect(try await outcome == .leaseLost)
        #expect(provider.counts.cancels.count == 1)
        #expect(try await world.count("provider_calls", where: "state = 'canceled'") == 1)
    }

    // MARK: Failures, by class

    @Test(arguments: [
        (RetryClass.invalid, "invalid_input"), (.refused, "content_refused"), (.quota, "provider_quota"),
    ])
    func `what would fail again fails at once, with its reason`(failure: RetryClass, code: String) async throws {
        let world = try await World()
        let job = try await world.createJob()
        let provider = FakeProvider(submit: { _ throws(ProviderError) in throw ProviderError(failure, "no paint") })
        #expect(try await world.worker(provider).work(on: job.id, log: world.log) == .failed(code: code))
        let failed = try await world.job(job.id)
        #expect(failed.errorCode == code && failed.errorMessage == "no paint" && failed.attempts == 1)
    }

    @Test func `an unavailable provider is tried as often as the job allows`() async throws {
        let world = try await World()
        let job = try await world.createJob()
        let provider = FakeProvider(submit: { _ throws(ProviderError) in throw ProviderError(.unavailable, "down") })
        var outcome: GenerationOutcome?
        try await until {
            outcome = try await world.worker(provider).work(on: job.id, log: world.log)
            return try await world.job(job.id).status.isTerminal
        }
        #expect(outcome == .failed(code: "provider_unavailable"))
        #expect(provider.counts.submits == 5)
        #expect(try await world.count("provider_calls", where: "state = 'failed'") == 5)
    }

    @Test func `a rate limit is waited out and costs no attempt`() async throws {
        let world = try await World()
        let job = try await world.createJob()
        let provider = FakeProvider(submit: { _ throws(ProviderError) in
            throw ProviderError(.limited(wait: .seconds(30)), "slow down")
        })
        guard
            case .requeued(let wait, "provider_limited") = try await world.worker(provider).work(
                on: job.id, log: world.log)
        else {
            Issue.record("the job was not queued again")
            return
        }
        #expect(wait >= .seconds(30))
        #expect(try await world.job(job.id).countedAttempts == 0)
        #expect(try await world.job(job.id).nextAttemptAt > Date().addingTimeInterval(25))
    }

    @Test func `a lost answer keeps the call open, and the next attempt looks for it`() async throws {
        let world = try await World()
        let job = try await world.createJob()
        let provider = FakeProvider(submit: { _ throws(ProviderError) in
            throw ProviderError(.lost, "the connection broke", call: .goesOn)
        })
        guard case .requeued = try await world.worker(provider).work(on: job.id, log: world.log) else {
            Issue.record("the job was not queued again")
            return
        }
        #expect(try await world.worker(provider).work(on: job.id, log: world.log) == .completed(results: 1))
        #expect(provider.counts == .init(submits: 1, polls: 1, lookUps: 1))
    }

    @Test func `a result that cannot be fetched now is fetched later, without another call`() async throws {
        let world = try await World()
        let job = try await world.createJob()
        let fetches = Mutex(0)
        let provider = FakeProvider(
            poll: { _, _ throws(ProviderError) in .succeeded([.address("https://example.com/a.png")]) },
            fetch: { () throws(ProviderError) in
                let count = fetches.withLock { count in
                    count += 1
                    return count
                }
                if count == 1 { throw ProviderError(.unavailable, "busy", call: .goesOn) }
                return TestImages.png
            })
        guard case .requeued = try await world.worker(provider).work(on: job.id, log: world.log) else {
            Issue.record("the job was not queued again")
            return
        }
        #expect(try await world.worker(provider).work(on: job.id, log: world.log) == .completed(results: 1))
        #expect(provider.counts.submits == 1)
    }

    @Test func `a result that is no picture fails the job and is not stored`() async throws {
        let world = try await World()
        let job = try await world.createJob()
        let provider = FakeProvider(poll: { _, _ throws(ProviderError) in .succeeded([.bytes(Array("<html>".utf8))]) })
        #expect(try await world.worker(provider).work(on: job.id, log: world.log) == .failed(code: "invalid_input"))
        #expect(world.files.keys.isEmpty)
    }

    @Test func `an input picture that was replaced after it was checked is not sent`() async throws {
        let world = try await World()
        let images = ImageStore(world.database)
        let upload = try NewUpload(contentType: "image/png", size: 1, filename: "a", user: world.user)
        try await images.announce(upload, user: world.user)
        try await images.accept(
            upload.imageID,
            ImageMeasure(
                header: ImageHeader(format: .png, width: 1, height: 1), size: 1,
                sha256: [UInt8](repeating: 7, count: 32)))
        try await world.files.write(upload.storageKey, TestImages.png, format: .png)
        let new = try NewJob(prompt: "a", imageID: upload.imageID)
        guard case .created(let job, _) = try await world.jobs.create(new, user: world.user) else { return }
        let provider = FakeProvider()
        #expect(try await world.worker(provider).work(on: job.id, log: world.log) == .failed(code: "invalid_input"))
        #expect(provider.counts.submits == 0)
    }
}
