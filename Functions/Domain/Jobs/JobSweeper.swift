package import FoundationEssentials
internal import Postgres

/// What the timers do so that no job stays where it is for ever. Each sweep is one statement; rows that a worker or another
/// sweeper has locked are left for the next one.
package struct JobSweeper: Sendable {
    private let database: Database
    /// Rows that one sweep takes at most.
    private let batch: Int

    package init(_ database: Database, batch: Int = 500) {
        self.database = database
        self.batch = batch
    }

    /// What a sweep moved, with the wake-ups that it handed to the outbox.
    package struct Sweep: Sendable, Hashable {
        /// Jobs that entered another state, with the number of the event that says so.
        package var moved: [UUID: Int] = [:]
        package var wakeUps: [WakeUp] = []

        /// A sweep that moved nothing.
        package init() {}
    }

    /// Takes jobs back whose worker has not renewed its lease: processing -> queued, or failed as poisonous once
    /// `JobRules.workerDeaths` workers have died with it and with nothing else. Either way a wake-up follows: the next worker resumes
    /// the provider call, or stops it. A lease that ran out before Postgres itself was started says nothing about its worker, which
    /// could not renew it. The leases of one worker run out one after another: those that are left are told that they had company.
    package func returnExpiredLeases() async throws -> Sweep {
        try await sweep(
            """
            with expired as (
                select id, lease_worker, lease_shared, worker_deaths, shared_deaths,
                    lease_until >= pg_postmaster_start_time() as died from jobs
                where completed_at is null and status = 'processing' and lease_until < now()
                order by id limit \(batch) for update skip locked),
            claims as (
                select id, lease_worker from jobs where completed_at is null and status = 'processing'
                    and lease_worker in (select lease_worker from expired)),
            warned as (
                update jobs set lease_shared = true where id in (
                    select id from jobs join claims using (id) where status = 'processing'
                        and id not in (select id from expired) order by id for update of jobs skip locked)),
            counted as (
                select id, died and not shared as alone, died and shared as together, worker_deaths, shared_deaths
                from (select *, lease_shared or exists (select from claims
                    where claims.lease_worker = expired.lease_worker and claims.id <> expired.id) as shared
                    from expired) as leases),
            judged as (
                select id, worker_deaths + alone::integer as deaths, shared_deaths + together::integer as shared,
                    worker_deaths + alone::integer >= \(JobRules.workerDeaths) as poisonous
                from counted),
            moved as (
                update jobs set status = case when poisonous then 'failed' else 'queued' end, 
                    worker_deaths = deaths, shared_deaths = shared, lease_owner = null, lease_until = null,
                    error_code = case when poisonous then 'poisonous' end,
                    error_message = case when poisonous then 
                        'the job was given up: ' || deaths || ' workers died while they worked on it alone' end,
                    completed_at = case when poisonous then now() end,
                    next_attempt_at = now(), woken_at = now(), event_sequence = event_sequence + 1
                from judged where jobs.id = judged.id returning jobs.*),
            event as (\(JobStatements.statusEvent(of: "moved"))),
            message as (\(JobStatements.wakeUps(of: "moved")) returning id, job_id, priority)
            select moved.id, moved.event_sequence, message.id as message, message.priority 
            from moved join message on message.job_id = moved.id
            """)
    }

    /// Wakes jobs whose wake-up was lost together with Redis: due for `patience`, and nothing on its way to them.
    ///
    /// - Parameter waiting: how many messages the queue holds. While it holds one for each due job, none was lost.
    package func wakeForgotten(waiting: Int, patience: Duration) async throws -> Sweep {
        try await sweep(
            """
            with due as (
                select id from jobs where completed_at is null and status = 'queued'
                    and next_attempt_at < now() - \(patience) and woken_at < now() - \(patience)
                    and not exists (select from outbox where job_id = jobs.id and published_at is null)
                order by id limit \(batch) for update skip locked),
            moved as (
                update jobs set woken_at = now() from due 
                where jobs.id = due.id and \(waiting) < (
                    select count(*) from jobs where completed_at is null and status = 'queued' and next_attempt_at < now())
                returning jobs.*),
            message as (\(JobStatements.wakeUps(of: "moved")) returning id, job_id, priority)
            select moved.id, null::integer as event_sequence, message.id as message, message.priority 
            from moved join message on message.job_id = moved.id
            """)
    }

    /// Moves jobs on whose picture was decided while nobody was looking: ready -> queued, rejected -> failed, never come ->
    /// failed.
    package func settleUploads(patience: Duration = JobRules.uploadPatience) async throws -> Sweep {
        try await sweep(
            """
            with decided as (
                select jobs.id, images.status as image, images.rejection from jobs
                join images on images.id = jobs.input_image_id
                where jobs.completed_at is null and jobs.status = 'awaiting_upload' 
                    and (images.status in ('ready', 'rejected') or jobs.created_at < now() - \(patience))
                order by jobs.id limit \(batch) for update of jobs skip locked),
            moved as (\(Self.settle(with: "decided"))),
            event as (\(JobStatements.statusEvent(of: "moved"))),
            message as (\(JobStatements.wakeUps(of: "moved", where: "status = 'queued'")) returning id, job_id, priority)
            select moved.id, moved.event_sequence, message.id as message, message.priority
            from moved left join message on message.job_id = moved.id
            """)
    }

    /// The same for the jobs that wait for one picture.
    package func settleUpload(of image: UUID) async throws -> Sweep {
        try await sweep(
            """
            with decided as (
                select jobs.id, images.status as image, images.rejection from jobs
                join images on images.id = jobs.input_image_id
                where jobs.input_image_id = \(image) and jobs.status = 'awaiting_upload' 
                    and images.status in ('ready', 'rejected')
                for update of jobs skip locked),
            moved as (\(Self.settle(with: "decided"))),
            event as (\(JobStatements.statusEvent(of: "moved"))),
            message as (\(JobStatements.wakeUps(of: "moved", where: "status = 'queued'")) returning id, job_id, priority)
            select moved.id, moved.event_sequence, message.id as message, message.priority
            from moved left join message on message.job_id = moved.id
            """)
    }

    private static func settle(with source: String) -> SQL {
        """
        update jobs set status = case \(raw: source).image when 'ready' then 'queued' else 'failed' end,
            error_code = case \(raw: source).image when 'ready' then null when 'rejected' then 'upload_rejected' 
                else 'upload_expired' end,
            error_message = case \(raw: source).image when 'ready' then null 
                when 'rejected' then coalesce(\(raw: source).rejection, 'the picture was rejected')
                else 'the picture was not uploaded in time' end,
            completed_at = case \(raw: source).image when 'ready' then null else now() end,
            queued_at = case \(raw: source).image when 'ready' then now() end,
            next_attempt_at = now(), woken_at = now(), event_sequence = event_sequence + 1
        from \(raw: source) where jobs.id = \(raw: source).id returning jobs.*
        """
    }

    /// Forgets wake-ups that were published long ago.
    package func purgeOutbox(olderThan age: Duration = .seconds(3600)) async throws {
        try await database.asService("delete from outbox where published_at < now() - \(age)")
    }

    private func sweep(_ statement: SQL) async throws -> Sweep {
        var sweep = Sweep()
        for row in try await database.asService(statement)[0] {
            let job: UUID = try row["id"]
            if let sequence: Int = try row["event_sequence"] { sweep.moved[job] = sequence }
            if let message: UUID = try row["message"], let priority: JobPriority = try row["priority"] {
                sweep.wakeUps.append(WakeUp(id: message, job: job, priority: priority))
            }
        }
        return sweep
    }
}
