import FoundationEssentials
import JSON
import Postgres

/// Parts that the statements about jobs share. Each statement is one common table expression after another: a transition, its event
/// and its wake-up commit together or not at all, in one round trip.
enum JobStatements {
    /// Appends the event for rows of `source` that have just entered their state.
    static func statusEvent(of source: String) -> SQL {
        """
        insert into job_events (job_id, sequence, user_id, type, data)
        select id, event_sequence, user_id, 'status', jsonb_strip_nulls(jsonb_build_object(
            'status', status, 'attempt', nullif(attempts, 0), 'errorCode', error_code, 'errorMessage', error_message))
        from \(raw: source)
        """
    }

    /// Hands a wake-up for each row of `source` that meets `condition` to the outbox, for when it is due.
    static func wakeUps(
        of source: String, id: SQL = "gen_random_uuid()", where condition: SQL = "true", delay: Duration = .zero
    ) -> SQL {
        """
        insert into outbox (id, user_id, job_id, queue, payload, priority, available_at)
        select \(id), user_id, id, 'generate', jsonb_build_object('jobId', id), priority, 
            now() + \(delay + JobRules.relayGrace)
        from \(raw: source) where \(condition)
        """
    }

    /// The row a claim owns, and nothing else.
    static func owned(by token: LeaseToken) -> SQL {
        """
        id = \(token.job) and status = 'processing' and attempts = \(token.attempt) and lease_owner = \(token.owner)
        """
    }

    /// Whether a job may be claimed now. A little early does no harm: clocks of queue and database differ.
    static let isDue: SQL = "status = 'queued' and next_attempt_at <= now() + interval '250 milliseconds'"

    /// Whether a job is one of those that workers died with, so that it is worked on alone.
    static let isSuspect: SQL = "worker_deaths + shared_deaths >= \(JobRules.deathsBeforeSolitude)"

    /// Ends an open provider call, as part of a statement in which `source` moved the job.
    static func closeCall(_ call: UUID, as state: String, error: String?, with source: String) -> SQL {
        """
        update provider_calls set state = \(state), finished_at = now(), error = \(error)
        where id = \(call) and state in ('intended', 'submitted') and exists (select from \(raw: source))
        """
    }
}
