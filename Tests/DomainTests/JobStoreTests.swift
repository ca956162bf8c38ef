import Domain
import FoundationEssentials
import FunctionRuntime
import JSON
import Postgres
import Testing

@Suite(.timeLimit(.minutes(1)))
struct JobStoreTests {
    @Test func `a job, its event and its wake-up are created together`() async throws {
        let world = try await World()
        let new = try NewJob(prompt: "a lighthouse", parameters: ["seed": 7], priority: .high)
        guard case .created(let job, let wakeUp?) = try await world.jobs.create(new, user: world.user) else {
            Issue.record("no job with a wake-up was created")
            return
        }
        #expect(job.status == .queued && job.priority == .high && job.parameters["seed"] == 7)
        #expect(job.queuedAt != nil && job.eventSequence == 1)
        #expect(try await world.story(of: job.id) == ["queued"])
        let row = try #require(
            try await world.database.asService("select * from outbox where id = \(wakeUp.id)")[0].first)
        #expect(try row["job_id", as: UUID.self] == job.id)
        #expect(try row["payload", as: String.self].contains(job.id.text))
    }

    @Test func `the same key and request replay the job, another request is a conflict`() async throws {
        let world = try await World()
        let first = try NewJob(prompt: "once", idempotencyKey: "k")
        guard case .created(let job, _) = try await world.jobs.create(first, user: world.user) else {
            Issue.record("the first request was not taken")
            return
        }
        let again = try NewJob(prompt: "once", idempotencyKey: "k")
        guard case .replayed(let replayed) = try await world.jobs.create(again, user: world.user) else {
            Issue.record("the second request made another job")
            return
        }
        #expect(replayed.id == job.id)
        let other = try NewJob(prompt: "twice", idempotencyKey: "k")
        let failure = await #expect(throws: Failure.self) { try await world.jobs.create(other, user: world.user) }
        #expect(failure?.code == .conflict)
        #expect(try await world.count("jobs") == 1)
        #expect(try await world.count("outbox") == 1)
        #expect(try await world.count("job_events") == 1)
    }

    @Test func `many requests with one key at the same time make one job`() async throws {
        let world = try await World()
        let ids = try await withThrowingTaskGroup(of: UUID.self) { group in
            for _ in 0..<16 {
                group.addTask {
                    switch try await world.jobs.create(
                        try NewJob(prompt: "once", idempotencyKey: "k"), user: world.user)
                    {
                    case .created(let job, _), .replayed(let job): job.id
                    }
                }
            }
            return try await group.reduce(into: Set<UUID>()) { $0.insert($1) }
        }
        #expect(ids.count == 1)
        #expect(try await world.count("jobs") == 1)
    }

    @Test func `what several users ask for at the same moment is each one's own, and one that fails fails alone`()
        async throws
    {
        let world = try await World()
        let stranger = try await TestDatabase.user(in: world.database)
        let nobody = UUID.version7()
        let failures = try await withThrowingTaskGroup(of: UUID?.self) { group in
            for number in 0..<30 {
                let user = [world.user, stranger, nobody][number % 3]
                group.addTask {
                    do {
                        guard
                            case .created(let job, _?) = try await world.jobs.create(
                                try NewJob(prompt: user.text), user: user)
                        else { return user }
                        #expect(job.prompt == user.text && job.userID == user)
                        return nil
                    } catch { return user }
                }
            }
            return try await group.compactMap(\.self).reduce(into: []) { $0.append($1) }
        }
        #expect(failures.count == 10 && Set(failures) == [nobody])
        #expect(try await world.count("jobs", where: "prompt = user_id::text") == 20)
        #expect(
            try await world.count("job_events", where: "user_id = (select user_id from jobs where id = job_id)") == 20)
        #expect(try await world.count("outbox", where: "user_id = (select user_id from jobs where id = job_id)") == 20)
    }

    @Test func `two users may use the same key`() async throws {
        let world = try await World()
        let stranger = try await TestDatabase.user(in: world.database)
        for user in [world.user, stranger] {
            guard case .created = try await world.jobs.create(try NewJob(prompt: "a", idempotencyKey: "k"), user: user)
            else {
                Issue.record("the key of one user was taken for another's")
                return
            }
        }
    }

    @Test func `another user sees, cancels and retries nothing`() async throws {
        let world = try await World()
        let job = try await world.createJob()
        let stranger = try await TestDatabase.user(in: world.database)
        for attempt in [
            { _ = try await world.jobs.find(job.id, user: stranger) },
            { _ = try await world.jobs.history(of: job.id, after: 0, user: stranger) },
            { _ = try await world.jobs.cancel(job.id, user: stranger) },
            { _ = try await world.jobs.retry(job.id, user: stranger) },
        ] as [@Sendable () async throws -> Void] {
            let failure = await #expect(throws: Failure.self) { try await attempt() }
            #expect(failure?.code == .notFound)
        }
        #expect(try await world.jobs.list(try JobQuery(), user: stranger).isEmpty)
        #expect(try await world.job(job.id).status == .queued)
    }

    @Test(arguments: ["users", "jobs", "job_events", "images", "provider_calls", "outbox", "audit_log"])
    func `without a subject every table is empty or closed`(table: String) async throws {
        let world = try await World()
        _ = try await world.createJob()
        for role in ["authenticated", "app"] {
            let seen = try? await world.database.postgres.run([
                "select set_config('role', \(role), true)", "select count(*) as n from \(identifier: table)",
            ])
            let count: Int? = try seen?[1][0]["n"]
            #expect(count ?? 0 == 0, "\(role) sees \(table)")
        }
    }

    @Test(arguments: [
        "update jobs set status = 'processing', lease_owner = user_id, lease_until = now()",
        "update jobs set prompt = 'mine'",
        "update jobs set attempts = 0",
        "insert into images (id, user_id, kind, status, storage_key) select gen_random_uuid(), user_id, 'output', 'ready', 'k' from jobs",
        "update job_events set data = '{}'",
        "delete from job_events",
        "delete from jobs",
        "select * from outbox",
    ])
    func `a user cannot write what only the service may`(statement: String) async throws {
        let world = try await World()
        _ = try await world.createJob()
        let error = await #expect(throws: PostgresError.self) {
            try await world.database.asUser(world.user, SQL(raw: statement))
        }
        #expect(error?.isInsufficientPrivilege == true)
    }

    @Test func `a user cannot hang events or wake-ups on another's job`() async throws {
        let world = try await World()
        let job = try await world.createJob()
        let stranger = try await TestDatabase.user(in: world.database)
        for statement in [
            "insert into job_events (job_id, sequence, user_id, type, data) values (\(job.id), 99, \(stranger), 'status', '{}')",
            """
            insert into outbox (id, user_id, job_id, queue, payload, priority) values (gen_random_uuid(), \(stranger), 
                \(job.id), 'generate', jsonb_build_object('jobId', \(job.id)), 'high')
            """,
        ] as [SQL] {
            let error = await #expect(throws: PostgresError.self) {
                try await world.database.asUser(stranger, statement)
            }
            #expect(error?.isForeignKeyViolation == true)
        }
    }

    @Test(arguments: [
        ("queued", "completed"), ("queued", "failed"), ("processing", "awaiting_upload"), ("completed", "queued"),
    ])
    func `the schema itself refuses a transition that is not in the picture`(from: String, to: String) async throws {
        let world = try await World()
        let job = try await world.createJob()
        let path: [String] =
            from == "queued" ? [] : from == "processing" ? ["processing"] : ["processing", "completed"]
        func move(_ state: String) async throws {
            try await world.database.asService(
                """
                update jobs set status = \(state), error_code = case \(state) when 'failed' then 'x' end,
                    lease_owner = case \(state) when 'processing' then gen_random_uuid() end,
                    lease_until = case \(state) when 'processing' then now() end,
                    completed_at = case when \(state) in ('completed', 'failed') then now() end where id = \(job.id)
                """)
        }
        for state in path { try await move(state) }
        let error = await #expect(throws: PostgresError.self) { try await move(to) }
        #expect(error?.description.contains("cannot go from \(from) to \(to)") == true)
    }

    @Test func `pages follow each other without gap or repetition while jobs arrive`() async throws {
        let world = try await World()
        var created: [UUID] = []
        for number in 0..<25 { created.append(try await world.createJob("job \(number)").id) }
        var seen: [UUID] = []
        var cursor: String?
        repeat {
            let query = try JobQuery(cursor: cursor, limit: 10)
            let page = try await world.jobs.list(query, user: world.user)
            seen += page.prefix(10).map(\.job.id)
            cursor = page.count > 10 ? seen.last.map(JobQuery.cursor) : nil
            _ = try await world.createJob("a new one")
        } while cursor != nil
        #expect(seen == created.reversed())
    }

    @Test func `lists are filtered by status and searched by prompt`() async throws {
        let world = try await World()
        let fox = try await world.createJob("a red fox in the snow")
        let boat = try await world.createJob("a boat, red as a fox")
        _ = try await world.createJob("an empty street")
        _ = try await world.jobs.cancel(boat.id, user: world.user)
        func find(_ states: [JobState], _ search: String?) async throws -> [UUID] {
            try await world.jobs.list(try JobQuery(states: states, search: search), user: world.user).map(\.job.id)
        }
        #expect(try await find([], "fox") == [boat.id, fox.id])
        #expect(try await find([], "\"red fox\"") == [fox.id])
        #expect(try await find([], "fox -snow") == [boat.id])
        #expect(try await find([.canceled], nil) == [boat.id])
        #expect(try await find([.queued], "fox") == [fox.id])
        #expect(try await find([], "'; drop table jobs; --").isEmpty)
    }

    @Test func `cancelling ends a queued job once and for all`() async throws {
        let world = try await World()
        let job = try await world.createJob()
        let (canceled, wakeUp) = try await world.jobs.cancel(job.id, user: world.user)
        #expect(canceled.status == .canceled && canceled.completedAt != nil && wakeUp == nil)
        #expect(try await world.leases().claim(job.id, provider: "fake") == nil)
        let failure = await #expect(throws: Failure.self) { try await world.jobs.cancel(job.id, user: world.user) }
        #expect(failure?.code == .conflict)
        #expect(try await world.story(of: job.id) == ["queued", "canceled"])
    }

    @Test func `a retry starts over with all attempts, and only from failed or canceled`() async throws {
        let world = try await World()
        let job = try await world.createJob()
        let refused = await #expect(throws: Failure.self) { try await world.jobs.retry(job.id, user: world.user) }
        #expect(refused?.code == .conflict)
        let claim = try #require(try await world.leases().claim(job.id, provider: "fake"))
        _ = try await world.leases().fail(claim, code: "x", message: "it broke")
        #expect(try await world.job(job.id).errorMessage == "it broke")
        let (retried, wakeUp) = try await world.jobs.retry(job.id, user: world.user)
        #expect(retried.status == .queued && retried.errorCode == nil && retried.countedAttempts == 0)
        #expect(try await world.count("outbox", where: "id = \(wakeUp.id)") == 1)
        #expect(try await world.leases().claim(job.id, provider: "fake") != nil)
    }
}
