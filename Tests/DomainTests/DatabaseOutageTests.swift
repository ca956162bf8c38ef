import Domain
import FoundationEssentials
import FunctionRuntime
import FunctionTesting
import Postgres
import Synchronization
import Testing

/// Postgres goes away in the middle of an attempt and comes back.
@Suite(.timeLimit(.minutes(1)))
struct DatabaseOutageTests {
    /// What the attempt is about to write or to ask when the server goes.
    enum Step: CaseIterable {
        case progress, lookUp, renewal
    }

    @Test(arguments: Step.allCases)
    func `a restart of Postgres in the middle of an attempt costs the job nothing`(step: Step) async throws {
        let server = try await TemporaryPostgres.start()
        let isAway = Mutex(false)
        @Sendable func reach(_ reached: Step) async {
            guard reached == step, !isAway.withLock({ $0 }) else { return }
            await #expect(throws: Never.self) { try await server.kill() }
            isAway.withLock { $0 = true }
        }
        let world = try await World(server: server, files: FakeFiles { await reach(.renewal) })
        let provider = FakeProvider(
            lookUp: { () throws(ProviderError) in await reach(.lookUp) },
            poll: { _, polls throws(ProviderError) in
                await reach(.progress)
                return polls == 1 ? .running(progress: 0.5) : .succeeded([.bytes(TestImages.png)])
            })
        let job = step == .renewal ? try await createJobWithPicture(in: world) : try await world.createJob()
        if step == .lookUp {
            _ = try #require(try await world.leases().claim(job.id, provider: "fake"))
            try await world.expireLease(of: job.id)
            _ = try await world.sweeper.returnExpiredLeases()
        }
        async let outcome = world.worker(provider).work(on: job.id, log: world.log)
        try await until { isAway.withLock { $0 } }
        // Longer than the pool bridges by itself.
        for _ in 0..<2 { await #expect(throws: Failure.self) { try await world.job(job.id) } }
        try await server.restart()
        #expect(try await outcome == .completed(results: 1))
        #expect(provider.counts.submits == 1)
    }

    @Test func `leases that ran out while Postgres was away are no deaths of workers`() async throws {
        let server = try await TemporaryPostgres.start()
        let world = try await World(server: server)
        let job = try await world.createJob()
        for _ in 0..<JobRules.workerDeaths {
            _ = try #require(try await world.leases(.milliseconds(1)).claim(job.id, provider: "fake"))
            try await server.restart()
            try await until {
                do { return try await !world.sweeper.returnExpiredLeases().moved.isEmpty } catch let failure as Failure
                {
                    // A pooled connection that has not heard of the restart yet.
                    #expect(failure.code == .unavailable)
                    return false
                }
            }
        }
        #expect(try await world.job(job.id).status == .queued)
        #expect(try await world.count("jobs", where: "worker_deaths = 0") == 1)
    }

    private func createJobWithPicture(in world: World) async throws -> Job {
        let images = ImageStore(world.database)
        let hash = try await world.database.asService("select sha256(\(TestImages.png)) as hash")[0][0]
        let upload = try NewUpload(contentType: "image/png", size: 1, filename: "a", user: world.user)
        try await images.announce(upload, user: world.user)
        try await images.accept(
            upload.imageID,
            ImageMeasure(
                header: try ImageHeader(sniffing: TestImages.png), size: Int64(TestImages.png.count),
                sha256: try hash["hash"]))
        try await world.files.write(upload.storageKey, TestImages.png, format: .png)
        guard
            case .created(let job, _) = try await world.jobs.create(
                try NewJob(prompt: "a", imageID: upload.imageID), user: world.user)
        else { throw Failure.internal("the job was not created") }
        return job
    }
}
