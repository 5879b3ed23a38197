-- What an agent did: what it was about, by which version, how it went, and what came of it.
create table agent_runs (
  id uuid constraint agent_runs_pkey primary key,
  organisation_id uuid not null constraint agent_runs_organisation_id_fkey references organisations,
  agent_id uuid not null constraint agent_runs_agent_id_fkey references agents on delete cascade,
  trigger text not null constraint agent_runs_trigger_check check (trigger in ('manual', 'schedule', 'event', 'test')),
  -- The place it ran for, as whose readers it read.
  scope text not null constraint agent_runs_scope_check check (scope in ('organisation', 'project', 'group', 'user')),
  project_id uuid constraint agent_runs_project_id_fkey references projects on delete cascade,
  group_id uuid constraint agent_runs_group_id_fkey references groups on delete cascade,
  owner_id uuid constraint agent_runs_owner_id_fkey references people on delete cascade,
  place_id uuid not null generated always as (coalesce(project_id, group_id, owner_id, organisation_id)) stored,
  -- The one record it was about, if it was one.
  record_id uuid constraint agent_runs_record_id_fkey references records on delete cascade,
  variant text not null default '',
  -- Who began it; null for the clock.
  person_id uuid constraint agent_runs_person_id_fkey references people on delete set null,
  -- Null for what came with the server.
  version_id uuid constraint agent_runs_version_id_fkey references agent_versions on delete set null,
  -- Of the version; null for a draft.
  number integer,
  state text not null constraint agent_runs_state_check check (state in ('queued', 'running', 'completed', 'failed', 'cancelled')),
  -- Words of a person: its worker sees here that it shall stop.
  is_stopping boolean not null default false,
  -- Counts the workers that took it; only the last one may end it.
  attempts integer not null default 0,
  -- What it said: read by its person, or a scope's managers, until a person publishes it.
  result text not null default '' constraint agent_runs_result_check check (octet_length(result) <= 524288),
  -- Empty where rules made the result.
  model text not null default '',
  -- Whose text went in. No keys: a run outlives what it read.
  records uuid[] not null default '{}',
  reason text,
  about text not null default '',
  tokens_in bigint not null default 0,
  tokens_out bigint not null default 0,
  diff_id uuid constraint agent_runs_diff_id_fkey references memory_diffs on delete set null,
  snapshot_id uuid constraint agent_runs_snapshot_id_fkey references records on delete set null,
  published_at timestamptz,
  published_by_id uuid constraint agent_runs_published_by_id_fkey references people,
  queued_at timestamptz not null,
  alive_at timestamptz,
  finished_at timestamptz,
  -- What began it, where that may begin it once only.
  slot text constraint agent_runs_slot_key unique,
  constraint agent_runs_scope_place_check check (
    (scope = 'project') = (project_id is not null) and
    (scope = 'group') = (group_id is not null) and
    (scope = 'user') = (owner_id is not null)),
  constraint agent_runs_finished_at_check check ((finished_at is null) = (state in ('queued', 'running')))
);
create index agent_runs_agent_id_idx on agent_runs (agent_id, id desc);
create index agent_runs_organisation_id_idx on agent_runs (organisation_id);
create index agent_runs_place_id_idx on agent_runs (place_id, id desc);
create index agent_runs_project_id_idx on agent_runs (project_id);
create index agent_runs_group_id_idx on agent_runs (group_id);
create index agent_runs_owner_id_idx on agent_runs (owner_id);
create index agent_runs_record_id_idx on agent_runs (record_id);
create index agent_runs_person_id_idx on agent_runs (person_id);
create index agent_runs_version_id_idx on agent_runs (version_id);
create index agent_runs_diff_id_idx on agent_runs (diff_id);
create index agent_runs_snapshot_id_idx on agent_runs (snapshot_id);
create index agent_runs_published_by_id_idx on agent_runs (published_by_id);
create index agent_runs_alive_at_idx on agent_runs (alive_at) where state = 'running';
