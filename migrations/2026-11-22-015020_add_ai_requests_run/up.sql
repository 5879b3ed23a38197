-- What a run sent is kept with the run, which is no record, and for a place has no person.
alter table ai_requests alter column record_id drop not null;
alter table ai_requests alter column person_id drop not null;
alter table ai_requests add column run_id uuid constraint ai_requests_run_id_fkey references agent_runs on delete cascade;
alter table ai_requests add constraint ai_requests_run_id_check check (
  (record_id is null) <> (run_id is null) and (person_id is not null or run_id is not null));
create index ai_requests_run_id_idx on ai_requests (run_id);
