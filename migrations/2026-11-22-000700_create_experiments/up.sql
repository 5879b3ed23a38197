-- What was tried in order to know, and what it taught.
create table experiments (
  id uuid constraint experiments_pkey primary key constraint experiments_id_fkey references records on delete cascade,
  status text not null constraint experiments_status_check
    check (status in ('planned', 'running', 'succeeded', 'failed', 'stopped')),
  hypothesis text not null default '',
  method text not null default '',
  metric text not null default '',
  target text not null default '',
  result text not null default '',
  learnings text not null default '',
  owner_id uuid constraint experiments_owner_id_fkey references people,
  start_on date,
  end_on date,
  constraint experiments_start_on_end_on_check check (end_on >= start_on)
);
create index experiments_owner_id_idx on experiments (owner_id);
create index experiments_start_on_idx on experiments (start_on);
