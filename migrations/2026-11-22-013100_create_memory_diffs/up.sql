-- Proposed changes of memory: nothing counts before a person decides, one change at a time.
create table memory_diffs (
  id uuid constraint memory_diffs_pkey primary key,
  organisation_id uuid not null constraint memory_diffs_organisation_id_fkey references organisations,
  scope text not null constraint memory_diffs_scope_check check (scope in ('organisation', 'project', 'group', 'user')),
  project_id uuid constraint memory_diffs_project_id_fkey references projects,
  group_id uuid constraint memory_diffs_group_id_fkey references groups,
  owner_id uuid constraint memory_diffs_owner_id_fkey references people,
  place_id uuid not null generated always as (coalesce(project_id, group_id, owner_id, organisation_id)) stored,
  origin text not null constraint memory_diffs_origin_check check (origin in
    ('person', 'page', 'stale', 'doubt', 'duplicate', 'contradiction', 'narrowed')),
  status text not null constraint memory_diffs_status_check check (status in
    ('pending', 'approved', 'rejected', 'auto_applied', 'partially_applied')),
  reason text not null default '' constraint memory_diffs_reason_check check (char_length(reason) <= 2000),
  -- Null for the rules of the server itself.
  author_id uuid constraint memory_diffs_author_id_fkey references people,
  created_at timestamptz not null,
  decided_by_id uuid constraint memory_diffs_decided_by_id_fkey references people,
  decided_at timestamptz,
  constraint memory_diffs_scope_place_check check (
    (scope = 'project') = (project_id is not null) and
    (scope = 'group') = (group_id is not null) and
    (scope = 'user') = (owner_id is not null))
);
create index memory_diffs_place_id_idx on memory_diffs (place_id, id desc);
create index memory_diffs_organisation_id_idx on memory_diffs (organisation_id);
create index memory_diffs_project_id_idx on memory_diffs (project_id);
create index memory_diffs_group_id_idx on memory_diffs (group_id);
create index memory_diffs_owner_id_idx on memory_diffs (owner_id);
create index memory_diffs_author_id_idx on memory_diffs (author_id);
create index memory_diffs_decided_by_id_idx on memory_diffs (decided_by_id);

create table memory_changes (
  id uuid constraint memory_changes_pkey primary key,
  diff_id uuid not null constraint memory_changes_diff_id_fkey references memory_diffs on delete cascade,
  position integer not null,
  act text not null constraint memory_changes_act_check check (act in ('add', 'update', 'supersede', 'archive')),
  -- What is changed, superseded or archived.
  target_id uuid constraint memory_changes_target_id_fkey references memory_items on delete cascade,
  -- An item that is there already and takes the target's place, or is kept instead of it.
  other_id uuid constraint memory_changes_other_id_fkey references memory_items on delete cascade,
  -- The item as proposed; null for archiving, and when other_id takes the place.
  title text constraint memory_changes_title_check check (char_length(title) between 1 and 255),
  item_type text,
  body text constraint memory_changes_body_check check (char_length(body) <= 4000),
  confidence smallint constraint memory_changes_confidence_check check (confidence between 0 and 100),
  importance smallint constraint memory_changes_importance_check check (importance between 1 and 5),
  valid_from date,
  valid_until date,
  -- The target as the proposer, or who decided last, saw it: its words, and the fingerprint of the whole.
  base_title text,
  base_body text,
  seen text not null default '',
  decision text not null constraint memory_changes_decision_check check (decision in ('open', 'accepted', 'edited', 'refused', 'applied')),
  decided_by_id uuid constraint memory_changes_decided_by_id_fkey references people,
  decided_at timestamptz,
  -- The item that came of it.
  result_id uuid constraint memory_changes_result_id_fkey references memory_items on delete set null,
  -- What a rule found, so that it is proposed once and a refusal is remembered.
  finding text constraint memory_changes_finding_key unique,
  constraint memory_changes_act_target_id_check check ((act = 'add') = (target_id is null))
);
create index memory_changes_diff_id_idx on memory_changes (diff_id, position);
create index memory_changes_target_id_idx on memory_changes (target_id);
create index memory_changes_other_id_idx on memory_changes (other_id);
create index memory_changes_decided_by_id_idx on memory_changes (decided_by_id);
create index memory_changes_result_id_idx on memory_changes (result_id);

-- Why a change is proposed: a record, and the words there.
create table memory_evidence (
  id uuid constraint memory_evidence_pkey primary key,
  change_id uuid not null constraint memory_evidence_change_id_fkey references memory_changes on delete cascade,
  record_id uuid not null constraint memory_evidence_record_id_fkey references records on delete cascade,
  passage text not null default '' constraint memory_evidence_passage_check check (char_length(passage) <= 2000),
  -- Set when the change may be read by more people than this: by whom, with it in view.
  widened_by_id uuid constraint memory_evidence_widened_by_id_fkey references people,
  widened_at timestamptz
);
create index memory_evidence_change_id_idx on memory_evidence (change_id);
create index memory_evidence_record_id_idx on memory_evidence (record_id);
create index memory_evidence_widened_by_id_idx on memory_evidence (widened_by_id);
