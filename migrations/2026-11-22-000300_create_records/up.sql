-- The parent row of every protected thing, and what hangs on it; one predicate decides who sees all of it.
create table records (
  id uuid constraint records_pkey primary key,
  organisation_id uuid not null constraint records_organisation_id_fkey references organisations,
  kind text not null,
  number integer not null,
  -- APP-42, DEC-7: stored because everything looks records up by it, and it never changes but by a move.
  display_id text not null,
  scope text not null constraint records_scope_check check (scope in ('organisation', 'project', 'group', 'user')),
  project_id uuid constraint records_project_id_fkey references projects,
  group_id uuid constraint records_group_id_fkey references groups,
  owner_id uuid constraint records_owner_id_fkey references people,
  place_id uuid not null generated always as (coalesce(project_id, group_id, owner_id, organisation_id)) stored,
  title text not null constraint records_title_check check (char_length(title) between 1 and 255),
  author_id uuid constraint records_author_id_fkey references people,
  created_at timestamptz not null,
  updated_at timestamptz not null,
  archived_at timestamptz,
  constraint records_scope_place_check check (
    (scope = 'project') = (project_id is not null) and
    (scope = 'group') = (group_id is not null) and
    (scope = 'user') = (owner_id is not null)),
  constraint records_organisation_id_display_id_key unique (organisation_id, display_id),
  constraint records_id_place_id_key unique (id, place_id)
);
create index records_place_id_kind_updated_at_idx on records (place_id, kind, updated_at desc, id desc) where archived_at is null;
create index records_kind_updated_at_idx on records (kind, updated_at desc, id desc) where archived_at is null;
create index records_project_id_idx on records (project_id);
create index records_group_id_idx on records (group_id);
create index records_owner_id_idx on records (owner_id);
create index records_author_id_idx on records (author_id);
create index records_title_trgm_idx on records using gin (title gin_trgm_ops);

-- The next number of each sequence: a project's tickets, or a kind within the organisation. Never reused.
create table counters (
  place_id uuid not null,
  kind text not null,
  next integer not null,
  constraint counters_pkey primary key (place_id, kind)
);

create table record_tags (
  record_id uuid not null constraint record_tags_record_id_fkey references records on delete cascade,
  tag text not null constraint record_tags_tag_check check (char_length(tag) between 1 and 40),
  constraint record_tags_pkey primary key (record_id, tag)
);
create index record_tags_tag_idx on record_tags (tag);

create table record_links (
  id uuid constraint record_links_pkey primary key,
  from_id uuid not null constraint record_links_from_id_fkey references records on delete cascade,
  to_id uuid not null constraint record_links_to_id_fkey references records on delete cascade,
  kind text not null constraint record_links_kind_check check (kind in ('relates_to', 'blocks', 'duplicates', 'causes', 'supersedes')),
  author_id uuid constraint record_links_author_id_fkey references people,
  created_at timestamptz not null,
  constraint record_links_from_id_to_id_kind_key unique (from_id, to_id, kind),
  constraint record_links_self_check check (from_id <> to_id)
);
create index record_links_to_id_idx on record_links (to_id);
create index record_links_author_id_idx on record_links (author_id);

-- Made from text that names a display ID or [[title]]; source says which text (body, or a comment's id).
create table record_references (
  from_id uuid not null constraint record_references_from_id_fkey references records on delete cascade,
  to_id uuid not null constraint record_references_to_id_fkey references records on delete cascade,
  source text not null,
  constraint record_references_pkey primary key (from_id, source, to_id)
);
create index record_references_to_id_idx on record_references (to_id);

create table record_watchers (
  record_id uuid not null constraint record_watchers_record_id_fkey references records on delete cascade,
  person_id uuid not null constraint record_watchers_person_id_fkey references people,
  created_at timestamptz not null,
  constraint record_watchers_pkey primary key (record_id, person_id)
);
create index record_watchers_person_id_idx on record_watchers (person_id);

-- A named filter of one kind's list.
create table saved_views (
  id uuid constraint saved_views_pkey primary key,
  organisation_id uuid not null constraint saved_views_organisation_id_fkey references organisations,
  owner_id uuid not null constraint saved_views_owner_id_fkey references people,
  kind text not null,
  name text not null constraint saved_views_name_check check (char_length(name) between 1 and 60),
  query text not null constraint saved_views_query_check check (char_length(query) <= 2000),
  shared boolean not null default false,
  created_at timestamptz not null,
  constraint saved_views_owner_id_kind_name_key unique (owner_id, kind, name)
);
create index saved_views_organisation_id_idx on saved_views (organisation_id);

-- The one event log: written by verbs only, never changed. Readers keep a cursor and stop before the oldest transaction still open.
create table activity (
  id uuid constraint activity_pkey primary key,
  transaction_id xid8 not null default pg_current_xact_id(),
  organisation_id uuid not null constraint activity_organisation_id_fkey references organisations,
  record_id uuid constraint activity_record_id_fkey references records on delete set null,
  project_id uuid constraint activity_project_id_fkey references projects on delete set null,
  actor_kind text not null constraint activity_actor_kind_check check (actor_kind in ('person', 'system', 'visitor', 'operator')),
  actor_id uuid constraint activity_actor_id_fkey references people,
  act text not null,
  details jsonb not null,
  at timestamptz not null
);
create index activity_record_id_idx on activity (record_id, at, id);
create index activity_project_id_idx on activity (project_id);
create index activity_actor_id_idx on activity (actor_id);
create index activity_organisation_id_idx on activity (organisation_id);
create index activity_transaction_id_idx on activity (transaction_id, id);

-- Privileged acts. The sealer numbers committed events and links each to the one before; ids only, never names.
create table audit_events (
  id uuid constraint audit_events_pkey primary key,
  sequence bigint constraint audit_events_sequence_key unique,
  previous_hash bytea,
  hash bytea,
  at timestamptz not null,
  organisation_id uuid constraint audit_events_organisation_id_fkey references organisations,
  actor_kind text not null,
  actor_id uuid constraint audit_events_actor_id_fkey references people,
  session_id uuid constraint audit_events_session_id_fkey references sessions,
  action text not null,
  target_kind text not null,
  target_id uuid,
  before jsonb not null,
  after jsonb not null,
  request_id uuid not null,
  outcome text not null constraint audit_events_outcome_check check (outcome in ('succeeded', 'denied', 'failed'))
);
create index audit_events_unsealed_idx on audit_events (at, id) where sequence is null;
create index audit_events_organisation_id_idx on audit_events (organisation_id, at desc);
create index audit_events_actor_id_idx on audit_events (actor_id);
create index audit_events_session_id_idx on audit_events (session_id);
create index audit_events_target_id_idx on audit_events (target_id);

-- Address and browser, apart so that they can be emptied without touching the chain.
create table audit_details (
  event_id uuid constraint audit_details_pkey primary key constraint audit_details_event_id_fkey references audit_events,
  address text not null,
  browser text not null
);
