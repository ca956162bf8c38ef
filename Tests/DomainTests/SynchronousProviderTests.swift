import Domain
import FoundationEssentials
import FunctionRuntime
import JSON
import Postgres
import Synchronization
import Testing

/// Jobs at a provider whose answer is the picture: nothing of a call can be resumed.
@Suite(.timeLimit(.minutes(1)))
struct SynchronousProviderTests {
    @Test func `the answer to the request is the result, and is not looked for again`() async throws {
        let world = try await World()
        let job = try await world.createJob()
        let provider = FakeProvider(
            findsLostCalls: false, answersAtOnce: true,
            submit: { _ throws(ProviderError) in .succeeded([.bytes(TestImages.png)]) })
        #expect(try await world.worker(provider).work(on: job.id, log: world.log) == .completed(results: 1))
        #expect(provider.counts == .init(submits: 1))
        #expect(try await world.count("provider_calls", where: "state = 'succeeded' and submissions = 1") == 1)
    }

    @Test func `after a crash while it drew one more call is made, and counted`() async throws {
        let world = try await World()
        let job = try await world.createJob()
        let provider = FakeProvider(
            findsLostCalls: false, answersAtOnce: true,
            submit: { _ throws(ProviderError) in .succeeded([.bytes(TestImages.png)]) })
        _ = try #require(try await world.leases().claim(job.id, provider: "fake"))
        try await world.expireLease(of: job.id)
        _ = try await world.sweeper.returnExpiredLeases()
        #expect(try await world.worker(provider).work(on: job.id, log: world.log) == .completed(results: 1))
        #expect(provider.counts == .init(submits: 1))
        #expect(try await world.count("provider_calls", where: "state = 'succeeded' and submissions = 2") == 1)
    }

    @Test func `a cancel while it draws reaches it by our own id of the call, once`() async throws {
        let world = try await World()
        let job = try await world.createJob()
        let isStopped = Mutex(false)
        let provider = FakeProvider(
            findsLostCalls: false, answersAtOnce: true,
            submit: { _ throws(ProviderError) in
                while !isStopped.withLock({ $0 }) { try? await Task.sleep(for: .milliseconds(5)) }
                return .succeeded([.bytes(TestImages.png)])
            })
        async let outcome = world.worker(provider).work(on: job.id, log: world.log)
        try await until { provider.counts.submits == 1 }
        _ = try await world.jobs.cancel(job.id, user: world.user)
        #expect(try await world.worker(provider).work(on: job.id, log: world.log) == .nothingToDo(stopped: 1))
        #expect(try await world.worker(provider).work(on: job.id, log: world.log) == .nothingToDo(stopped: 0))
        isStopped.withLock { $0 = true }
        #expect(try await outcome == .leaseLost)
        #expect(provider.counts.cancels == provider.requests.map(\.call.text))
        #expect(try await world.job(job.id).status == .canceled)
    }
}
