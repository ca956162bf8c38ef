-- A worker that died with several jobs says nothing about any one of them. Each claim names the process that made it, so that the
-- sweep for dead workers sees which jobs one of them had, also when it takes them back one after another.
alter table jobs
    add column lease_worker uuid,                           -- the process that made the newest claim
    add column lease_shared boolean not null default false, -- that process is known to have lost another claim meanwhile
    add column shared_deaths integer not null default 0;    -- attempts whose lease ran out together with others

comment on column jobs.worker_deaths is 'attempts whose lease ran out while their worker had no other job';

grant update (shared_deaths) on jobs to authenticated; -- what retrying by hand changes
