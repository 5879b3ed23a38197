-- Idle workers wake when the transaction that made a job commits; one notice per statement, whatever it inserted.
create or replace function notify_jobs() returns trigger language plpgsql as $$
begin
  perform pg_notify('jobs', '');
  return null;
end $$;
drop trigger if exists jobs_notify on jobs;
create trigger jobs_notify after insert on jobs for each statement execute function notify_jobs();
