create table users (
    id uuid primary key,
    email text,
    password_hash text,
    tier text not null default 'free',
    settings jsonb not null default '{}',
    external_subject text unique, -- "issuer|subject" of an account that lives elsewhere
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now()
);

create unique index users_email on users (lower(email));

alter table users enable row level security;
alter table users force row level security;
create policy own_row on users to authenticated using (id = (select auth.uid())) with check (id = (select auth.uid()));
create policy service on users to service_role using (true) with check (true);

grant select, update (settings, updated_at) on users to authenticated;
grant select, insert, update, delete on users to service_role;

-- What was done to an account, kept after the account is gone: user_id is deliberately no foreign key.
create table audit_log (
    id uuid primary key,
    user_id uuid,
    action text not null,
    meta jsonb not null default '{}',
    at timestamptz not null default now()
);

create index audit_log_user on audit_log (user_id, at);

alter table audit_log enable row level security;
alter table audit_log force row level security;
create policy own_rows on audit_log for select to authenticated using (user_id = (select auth.uid()));
create policy own_actions on audit_log for insert to authenticated with check (user_id = (select auth.uid()));
create policy service on audit_log to service_role using (true) with check (true);

grant select, insert on audit_log to authenticated, service_role; -- append-only: nobody may change or remove a line
