import Domain
import FoundationEssentials
import FunctionRuntime
import Postgres
import Testing

@Suite(.timeLimit(.minutes(1)))
struct JobSweeperTests {
    @Test func `a dead worker's job is queued again and wakes a worker at once`() async throws {
        let world = try await World()
        let job = try await world.createJob()
        _ = try #require(try await world.leases(.milliseconds(50)).claim(job.id, provider: "fake"))
        var sweep = JobSweeper.Sweep()
        try await until {
            sweep = try await world.sweeper.returnExpiredLeases()
            return !sweep.moved.isEmpty
        }
        #expect(sweep.wakeUps.map(\.job) == [job.id])
        #expect(try await world.job(job.id).status == .queued)
        #expect(try await world.story(of: job.id) == ["queued", "processing", "queued"])
    }

    @Test func `a renewed lease is left alone`() async throws {
        let world = try await World()
        let job = try await world.createJob()
        let claim = try #require(try await world.leases().claim(job.id, provider: "fake"))
        try await world.expireLease(of: job.id)
        #expect(try await world.leases().renew(claim.token))
        #expect(try await world.sweeper.returnExpiredLeases() == JobSweeper.Sweep())
        #expect(try await world.job(job.id).status == .processing)
    }

    @Test func `after three dead workers a job is poisonous`() async throws {
        let world = try await World()
        let job = try await world.createJob()
        for death in 1...3 {
            #expect(try await world.leases().claim(job.id, provider: "fake") != nil)
            try await world.expireLease(of: job.id)
            _ = try await world.sweeper.returnExpiredLeases()
            #expect(try await world.job(job.id).status == (death < 3 ? .queued : .failed))
        }
        #expect(try await world.job(job.id).errorCode == "poisonous")
        #expect(try await world.leases().claim(job.id, provider: "fake") == nil)
        _ = try await world.jobs.retry(job.id, user: world.user)
        #expect(try await world.leases().claim(job.id, provider: "fake") != nil)
        try await world.expireLease(of: job.id)
        _ = try await world.sweeper.returnExpiredLeases()
        #expect(try await world.job(job.id).status == .queued)
    }

    @Test func `a worker that dies with several jobs makes none of them poisonous, however often it happens`()
        async throws
    {
        let world = try await World()
        let jobs = [try await world.createJob(), try await world.createJob()]
        for death in 1...5 {
            let worker = world.leases()
            for job in jobs {
                #expect(try await worker.isSuspect(job.id) == (death > 3))
                #expect(try await (worker.claim(job.id, provider: "fake") == nil) == (death > 3))
                if death > 3 { #expect(try await worker.claim(job.id, provider: "fake", alone: true) != nil) }
            }
            // Their leases run out one after another, and so they are taken back.
            for job in jobs {
                try await world.expireLease(of: job.id)
                #expect(try await world.sweeper.returnExpiredLeases().moved.keys.map(\.self) == [job.id])
                #expect(try await world.job(job.id).status == .queued)
            }
        }
        #expect(try await world.count("jobs", where: "worker_deaths = 0 and shared_deaths = 5") == 2)
    }

    @Test func `of several that a worker died with each is taken alone, and only the poisonous one is given up`()
        async throws
    {
        let world = try await World()
        let (poison, innocent) = (try await world.createJob(), try await world.createJob())
        for _ in 1...3 {
            let worker = world.leases()
            for job in [poison, innocent] { #expect(try await worker.claim(job.id, provider: "fake") != nil) }
            for job in [poison, innocent] { try await world.expireLease(of: job.id) }
            #expect(try await world.sweeper.returnExpiredLeases().moved.count == 2)
        }
        for death in 1...3 {
            #expect(try await world.leases().claim(poison.id, provider: "fake", alone: true) != nil)
            try await world.expireLease(of: poison.id)
            _ = try await world.sweeper.returnExpiredLeases()
            #expect(try await world.job(poison.id).status == (death < 3 ? .queued : .failed))
        }
        #expect(
            try await world.job(poison.id).errorMessage
                == "the job was given up: 3 workers died while they worked on it alone")
        #expect(try await world.leases().claim(innocent.id, provider: "fake", alone: true) != nil)
        // A retry by hand begins anew, in company.
        _ = try await world.jobs.retry(poison.id, user: world.user)
        #expect(try await world.leases().claim(poison.id, provider: "fake") != nil)
    }

    @Test
    func `a worker's second job that it dies with later than with the first counts as alone from its next claim on`()
        async throws
    {
        let world = try await World()
        let (one, other) = (try await world.createJob(), try await world.createJob())
        let worker = world.leases()
        for job in [one, other] { #expect(try await worker.claim(job.id, provider: "fake") != nil) }
        for job in [one, other] {
            try await world.expireLease(of: job.id)
            _ = try await world.sweeper.returnExpiredLeases()
        }
        #expect(try await world.leases().claim(one.id, provider: "fake") != nil)
        try await world.expireLease(of: one.id)
        _ = try await world.sweeper.returnExpiredLeases()
        #expect(try await world.count("jobs", where: "worker_deaths = 1 and shared_deaths = 1") == 1)
    }

    @Test func `jobs whose wake-up went with Redis are woken, and none while the queue holds theirs`() async throws {
        let world = try await World()
        let job = try await world.createJob()
        try await world.database.asService("delete from outbox")
        #expect(try await world.sweeper.wakeForgotten(waiting: 0, patience: .seconds(60)).wakeUps.isEmpty)
        try await until {
            try await world.sweeper.wakeForgotten(waiting: 1, patience: .zero).wakeUps.isEmpty
        }
        #expect(try await world.sweeper.wakeForgotten(waiting: 0, patience: .zero).wakeUps.map(\.job) == [job.id])
        // Its new wake-up is in the outbox now: that is not forgotten.
        #expect(try await world.sweeper.wakeForgotten(waiting: 0, patience: .zero).wakeUps.isEmpty)
    }

    @Test func `a job waits for its picture, and moves on with it`() async throws {
        let world = try await World()
        let images = ImageStore(world.database)
        func announce() async throws -> (UUID, Job) {
            let upload = try NewUpload(contentType: "image/png", size: 10, filename: "a.png", user: world.user)
            try await images.announce(upload, user: world.user)
            let new = try NewJob(prompt: "a", imageID: upload.imageID)
            guard case .created(let job, nil) = try await world.jobs.create(new, user: world.user) else {
                throw Failure.internal("the job did not wait")
            }
            #expect(job.status == .awaitingUpload)
            return (upload.imageID, job)
        }
        let measure = ImageMeasure(
            header: ImageHeader(format: .png, width: 1, height: 1), size: 10, sha256: [UInt8](repeating: 0, count: 32))
        let (good, first) = try await announce()
        try await images.accept(good, measure)
        #expect(try await world.sweeper.settleUpload(of: good).wakeUps.map(\.job) == [first.id])
        #expect(try await world.sweeper.settleUpload(of: good) == JobSweeper.Sweep())
        #expect(try await world.job(first.id).status == .queued)

        let (bad, second) = try await announce()
        try await images.reject(bad, reason: "it is a sound")
        #expect(try await world.sweeper.settleUploads().wakeUps.isEmpty)
        #expect(try await world.job(second.id).errorMessage == "it is a sound")
        let unusable = await #expect(throws: Failure.self) {
            try await world.jobs.create(try NewJob(prompt: "a", imageID: bad), user: world.user)
        }
        #expect(unusable?.errors.map(\.field) == ["imageId"])
        let refused = await #expect(throws: Failure.self) { try await world.jobs.retry(second.id, user: world.user) }
        #expect(refused?.code == .conflict)

        let (_, third) = try await announce()
        #expect(try await world.sweeper.settleUploads().moved.isEmpty)
        _ = try await world.sweeper.settleUploads(patience: .zero)
        #expect(try await world.job(third.id).errorCode == "upload_expired")
    }

    @Test func `a job announces its own upload and has it named again on replay`() async throws {
        let world = try await World()
        func create() async throws -> JobStore.Creation {
            let upload = try NewUpload(contentType: nil, size: nil, filename: nil, user: world.user)
            let new = try NewJob(prompt: "a", idempotencyKey: "k", awaitsUpload: true)
            return try await world.jobs.create(new, announcing: upload, user: world.user)
        }
        guard case .created(let job, nil) = try await create(), case .replayed(let again) = try await create() else {
            Issue.record("the job was not created once")
            return
        }
        #expect(job.inputImageID != nil && again.inputImageID == job.inputImageID)
        #expect(try await world.count("images") == 1)
    }

    @Test func `a user cannot draw from another's picture`() async throws {
        let world = try await World()
        let stranger = try await TestDatabase.user(in: world.database)
        let upload = try NewUpload(contentType: "image/png", size: 1, filename: "a", user: stranger)
        try await ImageStore(world.database).announce(upload, user: stranger)
        let failure = await #expect(throws: Failure.self) {
            try await world.jobs.create(try NewJob(prompt: "a", imageID: upload.imageID), user: world.user)
        }
        #expect(failure?.errors.map(\.field) == ["imageId"])
    }
}
