-- Wake-ups that must reach Redis. A row is written in the transaction that makes a job due; whoever commits also publishes at
-- once, so `available_at` lies a moment ahead and the relay only sees what that missed. The worker that claims the job
-- removes the row. Delivery is at least once: a claim decides who works.
create table outbox (
    id uuid primary key, -- also the id of the message
    user_id uuid not null,
    job_id uuid not null,
    queue text not null check (queue = 'generate'),
    payload jsonb not null,
    priority text not null check (priority in ('high', 'normal', 'low')),
    available_at timestamptz not null default now(),
    published_at timestamptz,
    foreign key (user_id, job_id) references jobs (user_id, id) on delete cascade
);

create index outbox_unpublished on outbox (available_at) where published_at is null;

alter table outbox enable row level security;
alter table outbox force row level security;
create policy send_own on outbox for insert to authenticated
    with check (user_id = (select auth.uid()) and payload = jsonb_build_object('jobId', job_id));
create policy service on outbox to service_role using (true) with check (true);

grant insert on outbox to authenticated;
grant select, insert, update, delete on outbox to service_role;
