-- People read what was given up, newest first, and how long each entry of the schedule took.
create index jobs_failed_at_idx on jobs (failed_at desc, id desc) where failed_at is not null;
alter table schedule_runs add column took_ms bigint not null default 0;
