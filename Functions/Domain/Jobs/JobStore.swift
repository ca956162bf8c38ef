package import FoundationEssentials
internal import FunctionRuntime
internal import JSON
internal import Postgres

/// Jobs as their user sees and steers them. Everything runs as the unprivileged role with the user as its subject, so that the
/// policies of the schema decide what exists: another user's job is not found.
package struct JobStore: Sendable {
    let database: Database
    let creations: Batches<NewJobOrder, Job?>

    package init(_ database: Database) {
        self.database = database
        creations = Batches { orders in try await NewJobOrder.insert(orders, in: database) }
    }

    /// A job with its results.
    ///
    /// - Throws: `Failure.notFound` when this user has no such job.
    package func find(_ id: UUID, user: UUID) async throws -> JobRecord {
        let found = try await database.asUser(user, "select \(JobRecord.columns) from jobs where jobs.id = \(id)")[0]
        guard let row = found.first else { throw Failure.noJob(id) }
        return try JobRecord(row: row)
    }

    /// The user's jobs, newest first, after the query's cursor; one more than its limit where there are more.
    package func list(_ query: JobQuery, user: UUID) async throws -> [JobRecord] {
        var conditions: [SQL] = ["jobs.user_id = \(user)"]
        if let cursor = query.cursor { conditions.append("jobs.id < \(cursor)") }
        if !query.states.isEmpty { conditions.append("jobs.status = any(\(query.states.map(\.rawValue)))") }
        if let search = query.search {
            conditions.append(
                "to_tsvector('simple', jobs.prompt) @@ websearch_to_tsquery('simple', \(search))")
        }
        return try await database.asUser(
            user,
            """
            select \(JobRecord.columns) from jobs where \(conditions.joined(separator: " and "))
            order by jobs.id desc limit \(query.limit + 1)
            """
        )[0].map(JobRecord.init)
    }

    /// The events of a job after `sequence`, in order, and where the job stands.
    ///
    /// - Throws: `Failure.notFound` when this user has no such job.
    package func history(of id: UUID, after sequence: Int, user: UUID) async throws -> JobHistory {
        let results = try await database.asUser(
            user,
            """
            select sequence, type, data, at from job_events where job_id = \(id) and sequence > \(sequence)
            order by sequence
            """,
            "select status, event_sequence from jobs where id = \(id)")
        guard let job = results[1].first else { throw Failure.noJob(id) }
        return JobHistory(
            events: try results[0].map(JobEvent.init), status: try job["status"], newest: try job["event_sequence"])
    }

    /// Cancels a job that has not ended. One that was ever claimed gets a wake-up, so that a worker tells the provider.
    ///
    /// - Throws: `Failure.notFound`; `Failure.conflict` when it has ended already.
    package func cancel(_ id: UUID, user: UUID) async throws -> (job: Job, wakeUp: WakeUp?) {
        let message = UUID.version7()
        let job = try await move(
            id, user: user, to: .canceled,
            """
            with moved as (
                update jobs set status = 'canceled', completed_at = now(), lease_owner = null, lease_until = null, 
                    woken_at = now(), event_sequence = event_sequence + 1
                where id = \(id) and status in ('awaiting_upload', 'queued', 'processing') returning *),
            event as (\(JobStatements.statusEvent(of: "moved"))),
            message as (\(JobStatements.wakeUps(of: "moved", id: "\(message)", where: "attempts > 0")))
            select \(Job.columns(of: "moved")) from moved
            """)
        return (job, job.attempts > 0 ? WakeUp(id: message, job: id, priority: job.priority) : nil)
    }

    /// Queues a job again that failed or was canceled, with all of its attempts before it.
    ///
    /// - Throws: `Failure.notFound`; `Failure.conflict` when it has not ended, was completed, or waits for a picture that never came.
    package func retry(_ id: UUID, user: UUID) async throws -> (job: Job, wakeUp: WakeUp) {
        let message = UUID.version7()
        let job = try await move(
            id, user: user, to: .queued,
            """
            with moved as (
                update jobs set status = 'queued', completed_at = null, started_at = null, error_code = null, 
                    error_message = null, progress = 0, forgiven = attempts, current_workflow_id = null, 
                    worker_deaths = 0, shared_deaths = 0, queued_at = now(),
                    next_attempt_at = now(), woken_at = now(), event_sequence = event_sequence + 1
                where id = \(id) and status in ('failed', 'canceled')
                    and error_code is distinct from \(RefusedJob.Code.invalidMetadata.rawValue) and (input_image_id is null
                    or exists (select from images where images.id = input_image_id and images.status = 'ready'))
                returning *),
            event as (\(JobStatements.statusEvent(of: "moved"))),
            message as (\(JobStatements.wakeUps(of: "moved", id: "\(message)")))
            select \(Job.columns(of: "moved")) from moved
            """)
        return (job, WakeUp(id: message, job: id, priority: job.priority))
    }

    /// Runs a guarded transition; where it moved nothing, says why.
    private func move(_ id: UUID, user: UUID, to goal: JobState, _ statement: SQL) async throws -> Job {
        if let row = try await database.asUser(user, statement)[0].first { return try Job(row: row) }
        let found = try await database.asUser(user, "select status, error_code from jobs where id = \(id)")[0]
        guard let row = found.first else { throw Failure.noJob(id) }
        let status: JobState = try row["status"]
        guard status.mayBecome(goal), goal != .queued || status.isTerminal else {
            throw Failure.conflict("the job is \(status.rawValue); it cannot become \(goal.rawValue)")
        }
        if try row["error_code", as: String?.self] == RefusedJob.Code.invalidMetadata.rawValue {
            throw Failure.conflict(
                "the job cannot be done as it was asked for; store its file again with other metadata")
        }
        throw Failure.conflict("the job draws from a picture that is not there; create a new job with another picture")
    }
}

extension Failure {
    static func noJob(_ id: UUID) -> Failure { .notFound("there is no job \(id.text)") }
}
