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

/// Everything a worker needs, over a database of its own, with a user in it.
struct World {
    let database: Database
    let redis: Redis
    let user: UUID
    let files: FakeFiles
    let jobs: JobStore
    let log = Log { _ in }

    /// - Parameters:
    ///   - server: one that the test may kill; else the shared one.
    ///   - url: a database that there is already.
    init(
        redis: Redis? = nil, url: String? = nil, server: TemporaryPostgres? = nil, files: FakeFiles = FakeFiles()
    ) async throws {
        if let url {
            database = Database(Postgres(try PostgresConfiguration(url: url, poolSize: 4)))
        } else if let server {
            database = try await TestDatabase.make(on: server, waitLimit: .seconds(1))
        } else {
            database = try await TestDatabase.make()
        }
        self.files = files
        user = try await TestDatabase.user(in: database)
        if let redis {
            self.redis = redis
        } else {
            self.redis = try Redis(url: try await TemporaryRedis.shared().url)
        }
        jobs = JobStore(database)
    }

    var queue: GenerateQueue { GenerateQueue(redis) }
    var notifier: JobNotifier { JobNotifier(redis) }
    var sweeper: JobSweeper { JobSweeper(database) }
    func leases(_ lease: Duration = .seconds(10)) -> JobLeases { JobLeases(database, lease: lease) }

    /// A worker that does not dawdle.
    func worker(
        _ provider: any ImageProvider, choice: ProviderChoice? = nil, lease: Duration = .seconds(10),
        gate: ProviderGate? = nil,
        webhooks: WebhookAddress? = nil
    )
        -> GenerationWorker
    {
        GenerationWorker(
            leases: leases(lease), provider: provider, choice: choice, files: files, queue: queue, notifier: notifier,
            gate: gate,
            webhooks: webhooks,
            schedule: PollSchedule(first: .milliseconds(5), factor: 1, longest: .milliseconds(5)),
            backoff: Backoff(base: .milliseconds(1), cap: .milliseconds(1)))
    }

    /// A queued job.
    func createJob(_ prompt: String = "a harbour at dawn", user: UUID? = nil) async throws -> Job {
        guard case .created(let job, _) = try await jobs.create(try NewJob(prompt: prompt), user: user ?? self.user)
        else {
            throw Failure.internal("the job was not created")
        }
        return job
    }

    func job(_ id: UUID) async throws -> Job { try await jobs.find(id, user: user).job }

    /// The states a job went through, as its events say.
    func story(of id: UUID) async throws -> [String] {
        try await jobs.history(of: id, after: 0, user: user).events.compactMap { event in
            event.kind == .status ? event.data["status"]?.string : nil
        }
    }

    /// Puts a claimed job's lease into the past, as if its worker had been gone for long.
    /// Expired, and not before the server itself was started: that lease would say nothing about its worker.
    func expireLease(of id: UUID) async throws {
        try await database.asService("update jobs set lease_until = now() - interval '1 millisecond' where id = \(id)")
    }

    /// How many rows of a table there are, as the service sees it.
    func count(_ table: String, where condition: SQL = "true") async throws -> Int {
        try await database.asService("select count(*) as n from \(identifier: table) where \(condition)")[0][0]["n"]
    }
}

/// Waits until a condition holds; the time limit of the test ends a wait that is in vain.
func until(_ condition: () async throws -> Bool) async throws {
    while !(try await condition()) { try await Task.sleep(for: .milliseconds(10)) }
}
