-- Repeated failures of one source are counted and written as one event a minute; old events are cut at a sealed head that is kept.
create table audit_counts (
  -- What failed, and whose: a person, or an address, by its hash.
  key text constraint audit_counts_pkey primary key,
  -- What will be written, as of the last failure.
  event jsonb not null,
  -- How many wait to be written; the first of a minute is written at once and not counted here.
  held integer not null default 0,
  window_ends_at timestamptz not null
);
create index audit_counts_window_ends_at_idx on audit_counts (window_ends_at);

-- The last event before each cut: the chain begins again after it.
create table audit_cuts (
  sequence bigint constraint audit_cuts_pkey primary key,
  hash bytea not null,
  events bigint not null,
  cut_at timestamptz not null
);

-- The pages filter by one of these and read by time; an index without the time would have to sort.
drop index audit_events_actor_id_idx;
drop index audit_events_target_id_idx;
create index audit_events_at_idx on audit_events (at desc, id desc);
create index audit_events_actor_id_at_idx on audit_events (actor_id, at desc, id desc);
create index audit_events_target_id_at_idx on audit_events (target_id, at desc, id desc);
create index audit_events_action_at_idx on audit_events (action, at desc, id desc);
create index audit_events_outcome_at_idx on audit_events (outcome, at desc, id desc) where outcome <> 'succeeded';
