-- Work to be done after a request, kept in a table so that a rolled-back change leaves none and a committed one loses none.
create table jobs (
  id uuid constraint jobs_pkey primary key,
  kind text not null,
  payload jsonb not null,
  -- Whom it is done for; null for the system. The job asks again, as this person, when it runs.
  person_id uuid constraint jobs_person_id_fkey references people,
  priority smallint not null default 0,
  dedup_key text,
  run_at timestamptz not null,
  attempts integer not null default 0,
  max_attempts integer not null constraint jobs_max_attempts_check check (max_attempts > 0),
  leased_by uuid,
  leased_until timestamptz,
  finished_at timestamptz,
  failed_at timestamptz,
  error text,
  created_at timestamptz not null,
  constraint jobs_end_check check (finished_at is null or failed_at is null)
);
-- Only what waits is deduplicated: what already runs may have read the old state.
create unique index jobs_dedup_key_key on jobs (dedup_key) where finished_at is null and failed_at is null and leased_by is null;
create index jobs_due_idx on jobs (priority desc, run_at, id) where finished_at is null and failed_at is null;
create index jobs_finished_at_idx on jobs (finished_at) where finished_at is not null;
create index jobs_person_id_idx on jobs (person_id);

-- When each rare entry of the schedule last ran, so that a restart neither repeats nor forgets it.
create table schedule_runs (
  name text constraint schedule_runs_pkey primary key,
  last_run_at timestamptz not null,
  error text
);
