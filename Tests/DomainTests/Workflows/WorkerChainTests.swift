import Domain
import FoundationEssentials
import FunctionRuntime
import FunctionTesting
import JSON
import Postgres
import Redis
import Synchronization
import Testing

/// Whose turn it is: `first` falls back to `second`, that to nobody; both are drawn by fakes of these names.
@Suite(.timeLimit(.minutes(1)))
struct WorkerChainTests {
    /// Of its own: the catalogue's copy in it is this suite's.
    private let server: TemporaryRedis
    private let world: World

    init() async throws {
        server = try await TemporaryRedis.start()
        world = try await World(redis: try Redis(url: server.url))
        try await world.database.asService(
            """
            insert into workflows (id, name, category, provider, model, parameters, definition, fallbacks) values
                ('first', 'First', 'text-to-image', 'one', 'model-1', 
                    '{"type": "object", "properties": {"seed": {"type": "integer"}, "shape": {"type": "string"}}}', 
                    '{"graph": 1}', '{gone,second}'),
                ('second', 'Second', 'text-to-image', 'two', 'model-2', 
                    '{"type": "object", "properties": {"seed": {"type": "integer"}, "steps": {"default": 4}}}', null, '{}')
            """)
    }

    private func failing(
        _ name: String, _ retryClass: RetryClass, _ call: ProviderError.Call = .ended
    ) -> FakeProvider {
        FakeProvider(
            name, submit: { _ throws(ProviderError) in throw ProviderError(retryClass, "no paint", call: call) })
    }

    private func worker(_ providers: FakeProvider..., gate: ProviderGate? = nil) -> GenerationWorker {
        let catalogue = WorkflowCatalogue(world.database, world.redis)
        return world.worker(
            FakeProvider("standard"), choice: ProviderChoice(Providers(providers), catalogue), gate: gate)
    }

    private func createJob(_ workflow: String = "first") async throws -> Job {
        let new = try NewJob(prompt: "a fox", parameters: ["seed": 7, "shape": "round"], workflowID: workflow)
        guard case .created(let job, _) = try await world.jobs.create(new, user: world.user) else {
            throw Failure.internal("the job was not created")
        }
        return job
    }

    /// The provider calls of a job in their order: provider and state.
    private func calls(of job: Job) async throws -> [String] {
        try await world.database.asService(
            "select provider || ' ' || state as call from provider_calls where job_id = \(job.id) order by id")[0].map {
                try $0["call"]
            }
    }

    @Test func `a job is drawn by its workflow: its provider, its model, its definition`() async throws {
        let (one, two) = (FakeProvider("one"), FakeProvider("two"))
        let job = try await createJob()
        #expect(try await worker(one, two).work(on: job.id, log: world.log) == .completed(results: 1))
        let request = try #require(one.requests.first)
        #expect(request.model == "model-1" && request.definition == ["graph": 1])
        #expect(request.parameters == ["seed": 7, "shape": "round"] && request.job == job.id && request.call != job.id)
        #expect(two.counts.submits == 0)
        #expect(try await world.job(job.id).provider == "one")
    }

    @Test(arguments: [RetryClass.unavailable, .quota, .limited(wait: .seconds(300))])
    func `where a provider cannot draw, the next of the chain does, with the parameters it knows`(
        failure: RetryClass
    ) async throws {
        let (one, two) = (failing("one", failure), FakeProvider("two"))
        let job = try await createJob()
        #expect(try await worker(one, two).work(on: job.id, log: world.log) == .completed(results: 1))
        #expect(two.requests.first?.parameters == ["seed": 7, "steps": 4] && two.requests.first?.model == "model-2")
        #expect(two.requests.first?.call != one.requests.first?.call)
        #expect(try await calls(of: job) == ["one failed", "two succeeded"])
        let done = try await world.job(job.id)
        #expect(done.provider == "two" && done.workflowID == "first" && done.currentWorkflowID == "second")
        #expect(done.attempts == 1)
    }

    @Test(arguments: [RetryClass.invalid, .refused, .lost, .limited(wait: .seconds(2)), .limited(wait: nil)])
    func `what another provider is not for stays with its own`(failure: RetryClass) async throws {
        let (one, two) = (failing("one", failure), FakeProvider("two"))
        let job = try await createJob()
        _ = try await worker(one, two).work(on: job.id, log: world.log)
        #expect(two.counts.submits == 0)
    }

    @Test(arguments: [RetryClass.unavailable, .lost])
    func `while a call may still run nobody else is asked`(failure: RetryClass) async throws {
        let (one, two) = (failing("one", failure, .goesOn), FakeProvider("two"))
        let job = try await createJob()
        _ = try await worker(one, two).work(on: job.id, log: world.log)
        #expect(two.counts.submits == 0)
        #expect(try await calls(of: job) == ["one intended"])
    }

    @Test func `a chain that is used up begins again with its first, later`() async throws {
        let isWell = Mutex(false)
        let one = FakeProvider(
            "one",
            submit: { _ throws(ProviderError) in
                guard isWell.withLock({ $0 }) else { throw ProviderError(.unavailable, "no paint") }
                return .running(progress: nil)
            })
        let job = try await createJob()
        let worker = worker(one, failing("two", .invalid))
        // What the second cannot draw at all, the first may draw when it is well again.
        guard case .requeued(_, "provider_unavailable") = try await worker.work(on: job.id, log: world.log) else {
            Issue.record("it was not queued again")
            return
        }
        #expect(try await world.job(job.id).currentWorkflowID == nil)
        isWell.withLock { $0 = true }
        #expect(try await worker.work(on: job.id, log: world.log) == .completed(results: 1))
        #expect(try await calls(of: job) == ["one failed", "two failed", "one succeeded"])
    }

    @Test func `after a crash the provider goes on that had the job, though the first is well again`() async throws {
        let (one, two) = (FakeProvider("one"), FakeProvider("two"))
        let job = try await createJob()
        let claim = try #require(try await world.leases().claim(job.id, provider: "standard"))
        let second = try #require(
            try await WorkflowCatalogue(world.database, world.redis).find("second", log: world.log))
        let moved = try #require(
            try await world.leases().fallBack(claim, to: second, error: ProviderError(.unavailable, "no paint")))
        two.remember("paid-already")
        #expect(try await world.leases().record("paid-already", for: moved) == .recorded)
        try await world.expireLease(of: job.id)
        _ = try await world.sweeper.returnExpiredLeases()
        #expect(try await worker(one, two).work(on: job.id, log: world.log) == .completed(results: 1))
        #expect(one.counts.submits == 0 && two.counts == .init(submits: 0, polls: 1))
    }

    @Test func `a worker that lost its claim hands nothing over`() async throws {
        let job = try await createJob()
        let claim = try #require(try await world.leases().claim(job.id, provider: "standard"))
        let second = try #require(
            try await WorkflowCatalogue(world.database, world.redis).find("second", log: world.log))
        try await world.expireLease(of: job.id)
        _ = try await world.sweeper.returnExpiredLeases()
        #expect(
            try await world.leases().fallBack(claim, to: second, error: ProviderError(.unavailable, "no paint")) == nil)
        #expect(try await calls(of: job) == ["one intended"])
    }

    @Test func `a provider whose breaker is open is passed over`() async throws {
        let (one, two) = (FakeProvider("one"), FakeProvider("two"))
        let gate = ProviderGate(world.redis)
        try await gate.pause("one")
        _ = try await gate.admit("one", log: world.log)
        let job = try await createJob()
        #expect(try await worker(one, two, gate: gate).work(on: job.id, log: world.log) == .completed(results: 1))
        #expect(one.counts.submits == 0 && two.counts.submits == 1)
        // One that nobody else may draw waits.
        let other = try await createJob("second")
        try await gate.pause("two")
        _ = try await gate.admit("two", log: world.log)
        guard case .postponed = try await worker(one, two, gate: gate).work(on: other.id, log: world.log) else {
            Issue.record("it was taken")
            return
        }
    }

    @Test(arguments: [false, true])
    func `a call that may have been made at a provider that is not well keeps its job there only if it is found`(
        isThere: Bool
    ) async throws {
        let (one, two) = (FakeProvider("one"), FakeProvider("two"))
        let gate = ProviderGate(world.redis)
        let job = try await createJob()
        _ = try #require(try await world.leases().claim(job.id, provider: "standard"))
        if isThere { one.remember("p1") }
        try await world.expireLease(of: job.id)
        _ = try await world.sweeper.returnExpiredLeases()
        try await gate.pause("one")
        _ = try await gate.admit("one", log: world.log)
        let outcome = try await worker(one, two, gate: gate).work(on: job.id, log: world.log)
        #expect(one.counts.submits == 0 && one.counts.lookUps == 1)
        if isThere {
            #expect(two.counts.submits == 0)
            #expect(try await calls(of: job) == ["one submitted"])
        } else {
            #expect(outcome == .completed(results: 1))
            #expect(try await calls(of: job) == ["two succeeded"])
        }
    }

    @Test func `a provider that is not configured is passed over, and named where nobody else is`() async throws {
        let two = FakeProvider("two")
        let job = try await createJob()
        #expect(try await worker(two).work(on: job.id, log: world.log) == .completed(results: 1))
        let other = try await createJob()
        #expect(try await worker().work(on: other.id, log: world.log) == .failed(code: "provider_absent"))
        #expect(try await world.job(other.id).errorMessage?.contains("one is not configured") == true)
    }

    @Test func `a call at a provider that is no longer configured is not made again elsewhere`() async throws {
        let two = FakeProvider("two")
        let job = try await createJob()
        let claim = try #require(try await world.leases().claim(job.id, provider: "standard"))
        #expect(try await world.leases().record("p1", for: claim) == .recorded)
        try await world.expireLease(of: job.id)
        _ = try await world.sweeper.returnExpiredLeases()
        #expect(try await worker(two).work(on: job.id, log: world.log) == .failed(code: "provider_absent"))
        #expect(two.counts.submits == 0)
    }

    @Test func `a workflow that has moved resumes the old call where it is, and makes no new one there`() async throws {
        let (one, two) = (FakeProvider("one"), FakeProvider("two"))
        let job = try await createJob()
        let claim = try #require(try await world.leases().claim(job.id, provider: "standard"))
        one.remember("p1")
        #expect(try await world.leases().record("p1", for: claim) == .recorded)
        try await world.expireLease(of: job.id)
        _ = try await world.sweeper.returnExpiredLeases()
        try await world.database.asService("update workflows set provider = 'two' where id = 'first'")
        #expect(try await worker(one, two).work(on: job.id, log: world.log) == .completed(results: 1))
        #expect(one.counts == .init(submits: 0, polls: 1) && two.counts.submits == 0)
    }

    @Test func `a cancel reaches the provider that has the call`() async throws {
        let (one, two) = (
            failing("one", .unavailable),
            FakeProvider("two", poll: { _, _ throws(ProviderError) in .running(progress: nil) })
        )
        let job = try await createJob()
        let worker = worker(one, two)
        async let outcome = worker.work(on: job.id, log: world.log)
        try await until { two.counts.polls > 0 }
        _ = try await world.jobs.cancel(job.id, user: world.user)
        #expect(try await outcome == .leaseLost)
        #expect(try await worker.work(on: job.id, log: world.log) == .nothingToDo(stopped: 1))
        #expect(two.counts.cancels.count == 1 && one.counts.cancels.isEmpty)
    }

    @Test func `a retry by the user begins with the workflow that was asked for`() async throws {
        let job = try await createJob()
        _ = try await world.jobs.cancel(job.id, user: world.user)
        try await world.database.asService(
            "update jobs set current_workflow_id = 'second' where id = \(job.id)")
        #expect(try await world.jobs.retry(job.id, user: world.user).job.currentWorkflowID == nil)
    }

    @Test func `a job whose workflow is gone says so`() async throws {
        let job = try await createJob()
        try await world.database.asService("delete from workflows where id = 'first'")
        #expect(
            try await worker(FakeProvider("one")).work(on: job.id, log: world.log) == .failed(code: "provider_absent"))
        #expect(try await world.job(job.id).errorMessage?.contains("\"first\"") == true)
    }
}
