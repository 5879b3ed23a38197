-- What may leave for a model provider, and what did: policies, the ledger of calls, and the sums that budgets are checked against.
create table ai_policies (
  id uuid constraint ai_policies_pkey primary key,
  organisation_id uuid not null constraint ai_policies_organisation_id_fkey references organisations,
  -- Null: of the whole organisation.
  project_id uuid constraint ai_policies_project_id_fkey references projects on delete cascade,
  level text not null constraint ai_policies_level_check check (level in ('off', 'embeddings', 'no_web', 'all')),
  -- Null: whatever tow.yaml names.
  models text[],
  monthly_tokens bigint constraint ai_policies_monthly_tokens_check check (monthly_tokens >= 0),
  -- Of each person; only in the organisation's.
  person_monthly_tokens bigint constraint ai_policies_person_monthly_tokens_check check (person_monthly_tokens >= 0),
  -- What is masked before it leaves; only in the organisation's.
  masks_addresses boolean not null default false,
  masks_secrets boolean not null default false,
  masked_words text[] not null default '{}',
  version integer not null default 1,
  updated_by_id uuid constraint ai_policies_updated_by_id_fkey references people,
  updated_at timestamptz not null,
  constraint ai_policies_organisation_id_project_id_key unique nulls not distinct (organisation_id, project_id)
);
create index ai_policies_project_id_idx on ai_policies (project_id);
create index ai_policies_updated_by_id_idx on ai_policies (updated_by_id);

-- Who keeps their private records away from AI altogether.
create table ai_refusals (
  person_id uuid constraint ai_refusals_pkey primary key constraint ai_refusals_person_id_fkey references people on delete cascade,
  at timestamptz not null
);

-- One row for each try to reach a provider, written before the first byte leaves; never its content.
create table ai_calls (
  id uuid constraint ai_calls_pkey primary key,
  organisation_id uuid not null constraint ai_calls_organisation_id_fkey references organisations,
  at timestamptz not null,
  finished_at timestamptz,
  purpose text not null,
  endpoint text not null constraint ai_calls_endpoint_check check (endpoint in ('responses', 'stream', 'embeddings')),
  host text not null,
  model text not null,
  -- For whom; null for work that is everybody's.
  person_id uuid constraint ai_calls_person_id_fkey references people,
  project_id uuid constraint ai_calls_project_id_fkey references projects,
  -- Whose text is in it. No keys: the ledger outlives what it names.
  records uuid[] not null,
  attempt integer not null,
  bytes_out bigint not null,
  bytes_in bigint not null default 0,
  tokens_in bigint not null default 0,
  tokens_out bigint not null default 0,
  -- SHA-256 of the body, so that a kept request can be compared with what left.
  hash bytea not null,
  outcome text not null constraint ai_calls_outcome_check
    check (outcome in ('open', 'done', 'refused', 'failed', 'cut', 'cancelled', 'lost')),
  reason text,
  status integer,
  code text,
  milliseconds integer,
  constraint ai_calls_finished_at_check check ((finished_at is null) = (outcome = 'open'))
);
create index ai_calls_organisation_id_at_idx on ai_calls (organisation_id, at desc, id desc);
create index ai_calls_person_id_at_idx on ai_calls (person_id, at desc, id desc);
create index ai_calls_project_id_at_idx on ai_calls (project_id, at desc, id desc);
create index ai_calls_at_idx on ai_calls (at) where outcome = 'open';
create index ai_calls_host_finished_at_idx on ai_calls (host, finished_at desc) where outcome in ('done', 'failed', 'cut');
create index ai_calls_records_idx on ai_calls using gin (records);

-- Tokens of a month, of the organisation, of a project or of a person: whatever a budget is about.
create table ai_usage (
  month date not null,
  holder uuid not null,
  tokens bigint not null,
  calls bigint not null,
  constraint ai_usage_pkey primary key (month, holder)
);
