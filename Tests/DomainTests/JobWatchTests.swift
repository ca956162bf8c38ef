import Domain
import FoundationEssentials
import FunctionRuntime
import FunctionTesting
import Redis
import Synchronization
import Testing

@Suite(.timeLimit(.minutes(1)))
struct JobWatchTests {
    /// What a watcher was shown.
    final class Screen: Sendable {
        private let shown = Mutex<[Int]>([])
        private let quiet = Mutex(0)

        var sequences: [Int] { shown.withLock { $0 } }
        var heartbeats: Int { quiet.withLock { $0 } }

        func show(_ step: JobWatch.Step) {
            switch step {
            case .event(let event): shown.withLock { $0.append(event.sequence) }
            case .quiet: quiet.withLock { $0 += 1 }
            }
        }
    }

    private func completed(_ world: World) async throws -> UUID {
        let job = try await world.createJob()
        _ = try await world.worker(FakeProvider()).work(on: job.id, log: world.log)
        return job.id
    }

    @Test(arguments: [(0, [1, 2, 3]), (1, [2, 3]), (3, [])])
    func `events are replayed from the last one seen, and an ended job ends the stream`(
        last: Int, expected: [Int]
    ) async throws {
        let world = try await World()
        let job = try await completed(world)
        let screen = Screen()
        try await JobWatch(world.jobs, world.notifier).follow(job, after: last, user: world.user, log: world.log) {
            screen.show($0)
        }
        #expect(screen.sequences == expected)
    }

    @Test func `events are shown as they come, long before the next look`() async throws {
        let world = try await World()
        let job = try await world.createJob()
        let screen = Screen()
        let watch = JobWatch(world.jobs, world.notifier, pollInterval: .seconds(3600))
        async let following: Void = watch.follow(job.id, after: 0, user: world.user, log: world.log) { screen.show($0) }
        try await until { screen.sequences == [1] }
        _ = try await world.worker(FakeProvider()).work(on: job.id, log: world.log)
        try await following
        #expect(screen.sequences == [1, 2, 3])
    }

    @Test func `with Redis stopped a watcher still sees everything`() async throws {
        let server = try await TemporaryRedis.start()
        let world = try await World(redis: try Redis(url: server.url))
        try await server.kill()
        let job = try await world.createJob()
        let screen = Screen()
        let watch = JobWatch(world.jobs, world.notifier, pollInterval: .milliseconds(50))
        async let following: Void = watch.follow(job.id, after: 0, user: world.user, log: world.log) { screen.show($0) }
        try await until { screen.sequences == [1] }
        _ = try await world.worker(FakeProvider()).work(on: job.id, log: world.log)
        try await following
        #expect(screen.sequences == [1, 2, 3])
    }

    @Test func `a quiet job is said to be quiet`() async throws {
        let world = try await World()
        let job = try await world.createJob()
        let screen = Screen()
        let watch = JobWatch(
            world.jobs, world.notifier, pollInterval: .milliseconds(20), heartbeat: .milliseconds(50))
        let following = Task {
            try await watch.follow(job.id, after: 0, user: world.user, log: world.log) { screen.show($0) }
        }
        try await until { screen.heartbeats >= 2 }
        following.cancel()
        await #expect(throws: CancellationError.self) { try await following.value }
    }

    @Test func `a cancelled job ends the stream too`() async throws {
        let world = try await World()
        let job = try await world.createJob()
        let (canceled, _) = try await world.jobs.cancel(job.id, user: world.user)
        let screen = Screen()
        try await JobWatch(world.jobs, world.notifier).follow(canceled.id, after: 1, user: world.user, log: world.log) {
            screen.show($0)
        }
        #expect(screen.sequences == [2])
    }

    @Test func `another user's job is not found`() async throws {
        let world = try await World()
        let job = try await world.createJob()
        let stranger = try await TestDatabase.user(in: world.database)
        let failure = await #expect(throws: Failure.self) {
            try await JobWatch(world.jobs, world.notifier).follow(job.id, after: 0, user: stranger, log: world.log) {
                _ in
            }
        }
        #expect(failure?.code == .notFound)
    }
}
