create table jobs (
    id uuid primary key,
    user_id uuid not null references users on delete cascade,
    kind text not null default 'image',
    status text not null
        check (status in ('awaiting_upload', 'queued', 'processing', 'completed', 'failed', 'canceled')),
    prompt text not null,
    workflow_id text,
    provider text,
    provider_job_id text,
    parameters jsonb not null default '{}',
    priority text not null default 'normal' check (priority in ('high', 'normal', 'low')),
    input_image_id uuid references images on delete set null,
    result_image_ids uuid[] not null default '{}',
    attempts integer not null default 0,         -- claims so far; with lease_owner the fencing token of a claim
    max_attempts integer not null default 5,
    forgiven integer not null default 0,         -- attempts that do not count: rate limits, and those before a retry by hand
    worker_deaths integer not null default 0,    -- attempts whose lease ran out
    progress double precision not null default 0 check (progress between 0 and 1),
    error_code text,
    error_message text,
    idempotency_key text,
    idempotency_fingerprint bytea,               -- SHA-256 of the request that the key was first used for
    lease_owner uuid,
    lease_until timestamptz,
    next_attempt_at timestamptz not null default now(),
    woken_at timestamptz not null default now(), -- when a wake-up for this job was last handed to the outbox
    event_sequence integer not null default 0,   -- number of its newest event
    processing_time_ms bigint,
    created_at timestamptz not null default now(),
    queued_at timestamptz,                       -- start of the wall-time budget: when it was first queued, or retried by hand
    started_at timestamptz,
    completed_at timestamptz,                    -- when it ended, whichever way
    check ((status = 'processing') = (lease_owner is not null)),
    check ((lease_owner is null) = (lease_until is null)),
    check ((status in ('completed', 'failed', 'canceled')) = (completed_at is not null)),
    check ((status = 'failed') = (error_code is not null))
) with (fillfactor = 70);

-- No index names a column that a claim, a renewal or progress changes: those updates stay inside their page (HOT).
create unique index jobs_of_user on jobs (user_id, id); -- lists by keyset, newest first: ids are UUIDv7
create unique index jobs_idempotency on jobs (user_id, idempotency_key) where idempotency_key is not null;
create index jobs_unfinished on jobs (id) where completed_at is null; -- what the timers sweep
create index jobs_input_image on jobs (input_image_id) where input_image_id is not null;
-- There is no GIN index over prompts: under row-level security `@@`, which is not leakproof, is only tried on the rows the
-- policy lets through (EXPLAIN shows a filter behind jobs_of_user), so it would cost each write and serve no search.

-- The state machine (Functions/Domain/Jobs/JobState.swift has the picture). Statements guard their transition in their own
-- WHERE clause; this refuses whatever a mistake lets through. The condition is evaluated without calling the function.
create function refuse_job_transition() returns trigger language plpgsql as $$
begin
    raise exception 'job % cannot go from % to %', old.id, old.status, new.status using errcode = 'check_violation';
end
$$;

create trigger jobs_transition before update of status on jobs for each row
    when (old.status <> new.status and (old.status, new.status) not in (
        ('awaiting_upload', 'queued'), ('awaiting_upload', 'canceled'), ('awaiting_upload', 'failed'),
        ('queued', 'processing'), ('queued', 'canceled'),
        ('processing', 'completed'), ('processing', 'failed'), ('processing', 'queued'), ('processing', 'canceled'),
        ('failed', 'queued'), ('canceled', 'queued')))
    execute function refuse_job_transition();

alter table jobs enable row level security;
alter table jobs force row level security;
create policy own_jobs on jobs for select to authenticated using (user_id = (select auth.uid()));
create policy create_own on jobs for insert to authenticated
    with check (user_id = (select auth.uid()) and status in ('awaiting_upload', 'queued'));
create policy steer_own on jobs for update to authenticated using (user_id = (select auth.uid()))
    with check (user_id = (select auth.uid()) and status in ('queued', 'canceled'));
create policy service on jobs to service_role using (true) with check (true);

grant select on jobs to authenticated;
grant insert (id, user_id, kind, status, prompt, workflow_id, parameters, priority, input_image_id, idempotency_key,
    idempotency_fingerprint, event_sequence, queued_at) on jobs to authenticated;
-- What cancelling and retrying change.
grant update (status, progress, error_code, error_message, lease_owner, lease_until, next_attempt_at, woken_at, forgiven,
    worker_deaths, event_sequence, queued_at, started_at, completed_at) on jobs to authenticated;
grant select, insert, update, delete on jobs to service_role;

-- What happened to a job, in order. `sequence` is the job's own event_sequence, taken under the lock of its row.
create table job_events (
    job_id uuid not null,
    sequence integer not null,
    user_id uuid not null,
    type text not null check (type in ('status', 'progress')),
    data jsonb not null,
    at timestamptz not null default now(),
    primary key (job_id, sequence),
    foreign key (user_id, job_id) references jobs (user_id, id) on delete cascade -- nobody writes into another's job
);

alter table job_events enable row level security;
alter table job_events force row level security;
create policy own_events on job_events for select to authenticated using (user_id = (select auth.uid()));
create policy append_own on job_events for insert to authenticated with check (user_id = (select auth.uid()));
create policy service on job_events to service_role using (true) with check (true);

grant select, insert on job_events to authenticated, service_role; -- append-only

-- Calls to a provider, in two phases: `intended` is written before anything is sent, `submitted` with the provider's own
-- id the moment it answers. A worker that finds an open call resumes it instead of paying for another.
create table provider_calls (
    id uuid primary key,
    job_id uuid not null,
    user_id uuid not null,
    attempt integer not null,
    provider text not null,
    state text not null check (state in ('intended', 'submitted', 'succeeded', 'failed', 'canceled')),
    request_id text,
    submissions integer not null default 1, -- how often it may have been sent: above one only after a crash in between
    error text,
    created_at timestamptz not null default now(),
    submitted_at timestamptz,
    finished_at timestamptz,
    check (state <> 'submitted' or request_id is not null),
    foreign key (user_id, job_id) references jobs (user_id, id) on delete cascade
) with (fillfactor = 70);

create index provider_calls_of_job on provider_calls (job_id);
create unique index provider_calls_request on provider_calls (provider, request_id) where request_id is not null;

alter table provider_calls enable row level security;
alter table provider_calls force row level security;
create policy own_calls on provider_calls for select to authenticated using (user_id = (select auth.uid()));
create policy service on provider_calls to service_role using (true) with check (true);

grant select on provider_calls to authenticated;
grant select, insert, update, delete on provider_calls to service_role;
