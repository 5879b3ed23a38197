-- What may leave of a group's records and for its people: a table of its own, because a group has neither budgets nor masks.
create table ai_group_policies (
  group_id uuid constraint ai_group_policies_pkey primary key constraint ai_group_policies_group_id_fkey references groups on delete cascade,
  organisation_id uuid not null constraint ai_group_policies_organisation_id_fkey references organisations,
  level text not null constraint ai_group_policies_level_check check (level in ('off', 'embeddings', 'no_web', 'all')),
  -- Null: whatever tow.yaml names.
  models text[],
  version integer not null default 1,
  updated_by_id uuid constraint ai_group_policies_updated_by_id_fkey references people,
  updated_at timestamptz not null
);
create index ai_group_policies_organisation_id_idx on ai_group_policies (organisation_id);
create index ai_group_policies_updated_by_id_idx on ai_group_policies (updated_by_id);
