create table images (
    id uuid primary key,
    user_id uuid not null references users on delete cascade,
    kind text not null check (kind in ('input', 'output', 'preview')),
    status text not null check (status in ('awaiting_upload', 'scanning', 'ready', 'rejected')),
    original_filename text,
    storage_key text not null unique,
    mime_type text,
    file_size bigint,
    width integer,
    height integer,
    sha256 bytea,
    metadata jsonb not null default '{}',
    rejection text, -- why the image was rejected, as a sentence
    expires_at timestamptz,
    created_at timestamptz not null default now(),
    -- A ready image has been measured.
    check (status <> 'ready' or (mime_type, file_size, width, height, sha256) is not null)
);

create unique index images_of_user on images (user_id, id); -- lists by keyset, newest first: ids are UUIDv7

alter table images enable row level security;
alter table images force row level security;
create policy own_images on images for select to authenticated using (user_id = (select auth.uid()));
-- A user announces an upload; only the service decides what has arrived.
create policy announce on images for insert to authenticated
    with check (user_id = (select auth.uid()) and kind = 'input' and status = 'awaiting_upload');
create policy service on images to service_role using (true) with check (true);

grant select, insert on images to authenticated;
grant select, insert, update, delete on images to service_role;
