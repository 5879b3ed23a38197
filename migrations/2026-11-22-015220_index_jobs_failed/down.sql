alter table schedule_runs drop column took_ms;
drop index jobs_failed_at_idx;
