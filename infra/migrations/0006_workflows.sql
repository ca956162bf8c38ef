-- What jobs are drawn with: a provider, its model and the parameters a job may set. The catalogue belongs to the service;
-- 0007 fills it, SyncWorkflows keeps it true.
create table workflows (
    id text primary key check (id ~ '^[a-z0-9]+(-[a-z0-9]+)*$'),
    name text not null,
    category text not null check (category in ('text-to-image', 'image-to-image')),
    description text not null default '',
    provider text not null,
    model text,                             -- in the provider's own terms; null for the one its adapter is configured with
    parameters json not null check (json_typeof(parameters) = 'object'), -- JSON Schema, draft 2020-12; json keeps the order of a form
    definition jsonb,                       -- what else the provider needs: a ComfyUI graph with its named inputs
    fallbacks text[] not null default '{}', -- workflows that draw instead, in order, when this one's provider cannot
    enabled boolean not null default true,  -- an operator's choice
    available boolean not null default true, -- whether its provider is configured and has its model: SyncWorkflows' finding
    updated_at timestamptz not null default now()
);

alter table workflows enable row level security;
alter table workflows force row level security;
create policy everybody on workflows for select to authenticated using (true);
create policy service on workflows to service_role using (true) with check (true);

grant select on workflows to authenticated;
grant select, insert, update, delete on workflows to service_role;

-- The workflow that draws a job now, where it is not the one that was asked for: a fallback of that.
alter table jobs add column current_workflow_id text;
grant update (current_workflow_id) on jobs to authenticated; -- a retry begins with the workflow that was asked for
