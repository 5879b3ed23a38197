-- Units of work. place_id is repeated (kept by the cascade) because lists sort by this table's columns within a place.
create table tickets (
  id uuid constraint tickets_pkey primary key,
  place_id uuid not null,
  kind text not null constraint tickets_kind_check check (kind in ('task', 'bug', 'story', 'epic', 'subtask')),
  status text not null constraint tickets_status_check check (status in
    ('backlog', 'todo', 'in_progress', 'blocked', 'in_review', 'done', 'canceled', 'archived')),
  priority smallint not null constraint tickets_priority_check check (priority between 1 and 5),
  body text not null default '',
  assignee_id uuid constraint tickets_assignee_id_fkey references people,
  reporter_id uuid constraint tickets_reporter_id_fkey references people,
  parent_id uuid constraint tickets_parent_id_fkey references tickets,
  start_on date,
  due_on date,
  estimate integer constraint tickets_estimate_check check (estimate between 0 and 10000),
  progress smallint not null default 0 constraint tickets_progress_check check (progress between 0 and 100),
  -- Order within a board column, a fractional rank (text, compared byte by byte).
  rank text collate "C" not null,
  resolved_at timestamptz,
  constraint tickets_parent_check check (parent_id <> id),
  constraint tickets_id_place_id_fkey foreign key (id, place_id) references records (id, place_id) on update cascade on delete cascade
);
create index tickets_place_id_priority_idx on tickets (place_id, priority, id);
create index tickets_place_id_due_on_idx on tickets (place_id, due_on nulls last, id);
create index tickets_place_id_status_rank_idx on tickets (place_id, status, rank, id);
create index tickets_assignee_id_idx on tickets (assignee_id);
create index tickets_reporter_id_idx on tickets (reporter_id);
create index tickets_parent_id_idx on tickets (parent_id);
