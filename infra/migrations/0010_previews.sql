-- What a picture looks like before it is finished. A job has at most one preview at a time; its row and its bytes go when the
-- next one comes, and when the job has ended.
alter table jobs add column preview_image_id uuid; -- no foreign key: removing a preview would look through all jobs for it

alter table job_events drop constraint job_events_type_check;
alter table job_events add constraint job_events_type_check check (type in ('status', 'progress', 'preview'));

create index images_previews on images ((metadata ->> 'jobId')) where kind = 'preview';
