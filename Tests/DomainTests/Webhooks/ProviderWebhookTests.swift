import Cryptography
import Domain
import FoundationEssentials
import FunctionRuntime
import FunctionTesting
import JSON
import Postgres
import Queue
import Redis
import Synchronization
import Testing

@testable import ProviderWebhook

/// Call-backs as the function takes them, and what they do to jobs.
@Suite(.timeLimit(.minutes(1)))
struct ProviderWebhookTests {
    private static let secret = [UInt8](repeating: 9, count: 24)
    private let server: TemporaryRedis
    private let redis: Redis
    private let world: World
    private let function: TestedFunction<ProviderWebhook>

    init() async throws {
        server = try await TemporaryRedis.start()
        redis = try Redis(url: server.url)
        let url = try await TestDatabase.url()
        world = try await World(redis: redis, url: url)
        function = try await TestedFunction(
            ProviderWebhook.self,
            environment: [
                "DATABASE_URL": url, "REDIS_URL": server.url,
                "REPLICATE_WEBHOOK_SECRET": "whsec_\(Base64.encode(Self.secret))",
            ])
    }

    /// What Replicate posts about a prediction.
    private func post(
        _ prediction: String, _ status: String = "succeeded", message: String = UUID().text,
        query: [String: [String]] = [:], tampered: Bool = false
    ) async -> TestAnswer {
        let body = Array(#"{"id":"\#(prediction)","status":"\#(status)","output":null}"#.utf8)
        let time = String(Int(Date().timeIntervalSince1970))
        let signature = HMAC.sha256(Array("\(message).\(time).".utf8) + body, key: Self.secret)
        return await function.request(
            .post, "/api/v1/webhooks/replicate", query: query,
            headers: [
                "content-type": "application/json", "webhook-id": message, "webhook-timestamp": time,
                "webhook-signature": "v1,\(Base64.encode(signature))",
            ], bytes: tampered ? body + [32] : body)
    }

    private func outcome(_ answer: TestAnswer) throws -> String? {
        #expect(answer.status == 200, "\(answer.text)")
        return try answer.json()["outcome"]?.string
    }

    /// A job with a call at Replicate, as a worker holds it.
    private func claimed(_ requestID: String?) async throws -> JobClaim {
        let job = try await world.createJob()
        let claim = try #require(try await world.leases().claim(job.id, provider: "replicate"))
        if let requestID { #expect(try await world.leases().record(requestID, for: claim) == .recorded) }
        return claim
    }

    @Test func `an id that no database keeps is nobody's`() async throws {
        #expect(try outcome(await post("\\u0000")) == "ignored")
    }

    @Test func `nobody calls back for a provider that does not exist`() async throws {
        let answer = await function.request(.post, "/api/v1/webhooks/nobody", bytes: [])
        #expect(answer.status == 404)
    }

    @Test func `a wrong signature is refused with a sentence, and does nothing`() async throws {
        let claim = try await claimed("p1")
        _ = try await world.leases().requeue(claim, after: .seconds(600), reason: nil, counts: false, call: .goesOn)
        let answer = await post("p1", tampered: true)
        #expect(answer.status == 401)
        #expect(answer.failure?.message == "the signature does not belong to these bytes")
        #expect(try await world.leases().claim(claim.job.id, provider: "replicate") == nil)
    }

    @Test func `the end of a call is told to whoever works on the job`() async throws {
        let claim = try await claimed("p1")
        let channel = "providers"
        var isHeard = false
        for try await event in redis.subscribe(to: channel) {
            if case .subscribed = event {
                #expect(try outcome(await post("p1", "processing")) == "ignored")
                #expect(try outcome(await post("p1")) == "noted")
            } else {
                #expect(event == .message(channel: channel, payload: Array("ended \(claim.job.id.text)".utf8)))
                isHeard = true
                break
            }
        }
        #expect(isHeard)
    }

    @Test func `a worker that waits to look again looks at once when it is told`() async throws {
        let isDone = Mutex(false)
        let provider = FakeProvider(poll: { _, _ throws(ProviderError) in
            isDone.withLock { $0 } ? .succeeded([.bytes(TestImages.png)]) : .running(progress: nil)
        })
        let gate = ProviderGate(redis)
        let worker = GenerationWorker(
            leases: world.leases(), provider: provider, files: world.files, queue: world.queue,
            notifier: world.notifier, gate: gate,
            schedule: PollSchedule(first: .milliseconds(1), factor: 1_000_000, longest: .seconds(3600)))
        let job = try await world.createJob()
        async let outcome = worker.work(on: job.id, log: world.log)
        // One look by schedule, and one when the subscription stands.
        try await until { provider.counts.polls >= 1 }
        isDone.withLock { $0 = true }
        try await until {
            try await ProviderSignals(redis, log: world.log).tellEnd(of: job.id)
            return try await world.job(job.id).status == .completed
        }
        #expect(try await outcome == .completed(results: 1))
    }

    @Test func `a job that was to wait with its call is due again, once`() async throws {
        let claim = try await claimed("p1")
        _ = try await world.leases().requeue(claim, after: .seconds(600), reason: nil, counts: false, call: .goesOn)
        #expect(try outcome(await post("p1", "failed", query: ["job": [claim.job.id.text]])) == "noted")
        #expect(try await world.queue.queue.depth().ready[.normal] == 1)
        let next = try #require(try await world.leases().claim(claim.job.id, provider: "replicate"))
        #expect(next.call.requestID == "p1")
        // The news comes again: nobody is woken for it.
        #expect(try outcome(await post("p1", "failed")) == "noted")
        #expect(try await world.queue.queue.depth().ready[.normal] == 1)
    }

    @Test func `the same message again is not acted on, and late news of a call that is over neither`() async throws {
        let claim = try await claimed("p1")
        #expect(try outcome(await post("p1", message: "m1")) == "noted")
        #expect(try outcome(await post("p1", message: "m1")) == "repeated")
        let image = StoredImage(
            id: .version7(), storageKey: "k", format: .png, width: 1, height: 1, size: 1)
        #expect(try await world.leases().complete(claim, results: [NewResult(image: image, sha256: [1])]))
        #expect(try outcome(await post("p1", "canceled", message: "m2")) == "ignored")
        #expect(try await world.job(claim.job.id).status == .completed)
        #expect(try outcome(await post("somebody's", message: "m3")) == "ignored")
    }

    @Test func `a call whose answer was lost is found by what its address names`() async throws {
        let claim = try await claimed(nil)
        let address = ["job": [claim.job.id.text], "call": [claim.call.id.text]]
        #expect(try outcome(await post("p9", query: address)) == "noted")
        try await world.expireLease(of: claim.job.id)
        _ = try await world.sweeper.returnExpiredLeases()
        let next = try #require(try await world.leases().claim(claim.job.id, provider: "replicate"))
        #expect(next.call.requestID == "p9")
        // One that has its id keeps it, and another job's call is not taken.
        #expect(try outcome(await post("p10", query: address)) == "ignored")
        let other = try await claimed(nil)
        let foreign = ["job": [other.job.id.text], "call": [other.call.id.text]]
        #expect(try outcome(await post("p9", query: foreign)) == "ignored")
    }

    @Test func `an id that we know by its path is found by the provider's short one`() async throws {
        let claim = try await claimed("owner/app/requests/p1")
        let endings = CallEndings(world.database)
        let job = claim.job.id
        #expect(try await endings.note("replicate", "p1", job: job, call: nil)?.job == job)
        #expect(try await endings.note("replicate", "1", job: job, call: nil) == nil)
        #expect(try await endings.note("replicate", "p1", job: nil, call: nil) == nil)
        #expect(try await endings.note("fal", "p1", job: job, call: nil) == nil)
    }

    @Test func `an address that mixes jobs or providers names nothing`() async throws {
        let (claim, other) = (try await claimed(nil), try await claimed("p2"))
        let mixed = ["job": [other.job.id.text], "call": [claim.call.id.text]]
        #expect(try outcome(await post("p9", query: mixed)) == "ignored")
        let elsewhere = try #require(
            try await world.leases().claim(try await world.createJob().id, provider: "fal"))
        let foreign = ["job": [elsewhere.job.id.text], "call": [elsewhere.call.id.text]]
        #expect(try outcome(await post("p9", query: foreign)) == "ignored")
        #expect(try await world.count("provider_calls", where: "request_id = 'p9'") == 0)
    }

    @Test func `whoever does not sign has the worker of the job look at once`() async throws {
        let job = UUID()
        var isHeard = false
        for try await event in redis.subscribe(to: "providers") {
            if case .subscribed = event {
                let answer = await function.request(
                    .post, "/api/v1/webhooks/comfyui", query: ["job": [job.text]], json: [:])
                #expect(try outcome(answer) == "noted")
                // What comes after it, should it not come.
                try await redis.send("PUBLISH", "providers", "end")
            } else {
                isHeard = event == .message(channel: "providers", payload: Array("ended \(job.text)".utf8))
                break
            }
        }
        #expect(isHeard)
    }

    @Test func `whoever does not sign is only a reason to look`() async throws {
        let claim = try await claimed(nil)
        _ = try await world.leases().requeue(claim, after: .seconds(600), reason: nil, counts: false, call: .goesOn)
        let answer = await function.request(
            .post, "/api/v1/webhooks/comfyui",
            query: ["job": [claim.job.id.text], "call": [claim.call.id.text]], json: ["request_id": "p1"])
        #expect(try outcome(answer) == "noted")
        #expect(try await world.leases().claim(claim.job.id, provider: "replicate") == nil)
        #expect(try await world.count("provider_calls", where: "request_id is not null") == 0)
    }

    @Test func `without Redis a call-back is taken all the same, twice without harm`() async throws {
        let claim = try await claimed("p1")
        _ = try await world.leases().requeue(claim, after: .seconds(600), reason: nil, counts: false, call: .goesOn)
        try await server.kill()
        #expect(try outcome(await post("p1", message: "m1")) == "noted")
        #expect(try outcome(await post("p1", message: "m1")) == "noted")
        // The relay brings the wake-up when Redis is back.
        #expect(try await world.count("outbox", where: "job_id = \(claim.job.id)") >= 1)
        #expect(try await world.leases().claim(claim.job.id, provider: "replicate")?.call.requestID == "p1")
    }
}
