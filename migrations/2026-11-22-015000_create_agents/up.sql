-- What works in the background with a model: what it is, what it is told (in versions), and where it may run.
create table agents (
  id uuid constraint agents_pkey primary key,
  organisation_id uuid not null constraint agents_organisation_id_fkey references organisations,
  -- A built-in word, or the id of one of the organisation's own.
  key text not null,
  name text not null constraint agents_name_check check (char_length(name) between 1 and 80),
  about text not null constraint agents_about_check check (octet_length(about) <= 2048),
  category text not null constraint agents_category_check check (category in ('memory', 'reports', 'reminders', 'own')),
  contract text not null constraint agents_contract_check check (contract in ('text', 'memory_diff', 'snapshot', 'json')),
  is_built_in boolean not null,
  created_by_id uuid constraint agents_created_by_id_fkey references people,
  created_at timestamptz not null,
  archived_at timestamptz,
  constraint agents_organisation_id_key_key unique (organisation_id, key)
);
create index agents_created_by_id_idx on agents (created_by_id);

-- What it is told. The one without a number is the draft, which changes nothing until it is published.
create table agent_versions (
  id uuid constraint agent_versions_pkey primary key,
  agent_id uuid not null constraint agent_versions_agent_id_fkey references agents on delete cascade,
  number integer constraint agent_versions_number_check check (number > 0),
  instructions text not null constraint agent_versions_instructions_check check (octet_length(instructions) <= 32768),
  model text not null constraint agent_versions_model_check check (model in ('reasoning', 'fast')),
  -- What may come of it: nothing but its words, proposals, or changes.
  mode text not null constraint agent_versions_mode_check check (mode in ('off', 'propose', 'write')),
  -- The kinds of records it reads.
  kinds text[] not null,
  -- What the answer must look like, where the contract is json.
  schema text not null default '' constraint agent_versions_schema_check check (octet_length(schema) <= 16384),
  -- Counts the saves of a draft.
  edition integer not null default 1,
  -- The version it repeats.
  copied_from integer,
  author_id uuid constraint agent_versions_author_id_fkey references people,
  saved_at timestamptz not null,
  published_at timestamptz,
  constraint agent_versions_published_at_check check ((number is null) = (published_at is null)),
  constraint agent_versions_agent_id_number_key unique (agent_id, number)
);
create unique index agent_versions_agent_id_draft_key on agent_versions (agent_id) where number is null;
create index agent_versions_author_id_idx on agent_versions (author_id);

-- Where it may run, and by which version. Off at one level is off below it.
create table agent_bindings (
  id uuid constraint agent_bindings_pkey primary key,
  agent_id uuid not null constraint agent_bindings_agent_id_fkey references agents on delete cascade,
  level text not null constraint agent_bindings_level_check check (level in ('server', 'organisation', 'project', 'user')),
  project_id uuid constraint agent_bindings_project_id_fkey references projects on delete cascade,
  person_id uuid constraint agent_bindings_person_id_fkey references people on delete cascade,
  is_enabled boolean not null,
  -- None: the newest.
  version integer,
  rhythm text not null default 'off' constraint agent_bindings_rhythm_check check (rhythm in ('off', 'daily', 'weekly', 'interval')),
  -- After midnight, where the organisation is.
  at_minute integer not null default 480 constraint agent_bindings_at_minute_check check (at_minute between 0 and 1439),
  -- Monday is 1.
  weekday integer not null default 1 constraint agent_bindings_weekday_check check (weekday between 1 and 7),
  every_hours integer not null default 24 constraint agent_bindings_every_hours_check check (every_hours between 1 and 720),
  -- Which of several things it makes: the type of a snapshot.
  variant text not null default '',
  due_at timestamptz,
  -- Counts the saves.
  edition integer not null default 1,
  updated_by_id uuid constraint agent_bindings_updated_by_id_fkey references people,
  updated_at timestamptz not null,
  constraint agent_bindings_place_check check (
    (project_id is not null) = (level = 'project') and (person_id is not null) = (level = 'user')),
  constraint agent_bindings_agent_id_level_key unique nulls not distinct (agent_id, level, project_id, person_id)
);
create index agent_bindings_project_id_idx on agent_bindings (project_id);
create index agent_bindings_person_id_idx on agent_bindings (person_id);
create index agent_bindings_updated_by_id_idx on agent_bindings (updated_by_id);
create index agent_bindings_due_at_idx on agent_bindings (due_at) where due_at is not null;
