-- What was decided, why, and what it replaced.
create table decisions (
  id uuid constraint decisions_pkey primary key constraint decisions_id_fkey references records on delete cascade,
  status text not null constraint decisions_status_check check (status in ('proposed', 'active', 'superseded', 'rejected')),
  context text not null default '',
  decision text not null default '',
  alternatives text not null default '',
  consequences text not null default '',
  decider_id uuid constraint decisions_decider_id_fkey references people,
  decided_on date,
  review_on date
);
create index decisions_decider_id_idx on decisions (decider_id);
create index decisions_review_on_idx on decisions (review_on);
