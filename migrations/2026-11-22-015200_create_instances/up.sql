-- Which servers run on this database, so that people see them and what a dead one held is soon free.
create table instances (
  id uuid constraint instances_pkey primary key,
  host text not null,
  version text not null,
  role text not null constraint instances_role_check check (role in ('all', 'web', 'worker')),
  started_at timestamptz not null,
  -- By its own clock, for people; others judge it by whether beats grows.
  heard_at timestamptz not null,
  beats bigint not null default 0,
  -- It runs the schedule.
  leads boolean not null default false,
  requests integer not null default 0,
  jobs integer not null default 0
);
create index instances_started_at_idx on instances (started_at, id);
