-- Short facts that people and programs may rely on, where each comes from, and every state it ever had, because a fact that
-- changes silently misleads.
create table memory_items (
  id uuid constraint memory_items_pkey primary key constraint memory_items_id_fkey references records on delete cascade,
  item_type text not null constraint memory_items_item_type_check check (item_type in
    ('priority', 'constraint', 'non_goal', 'assumption', 'fact', 'commitment', 'learning', 'preference', 'status')),
  -- Archived is said by the record, as of every kind.
  status text not null constraint memory_items_status_check check (status in ('active', 'superseded')),
  body text not null default '' constraint memory_items_body_check check (char_length(body) <= 4000),
  -- Percent.
  confidence smallint not null constraint memory_items_confidence_check check (confidence between 0 and 100),
  importance smallint not null constraint memory_items_importance_check check (importance between 1 and 5),
  valid_from date,
  valid_until date,
  needs_review boolean not null default false,
  constraint memory_items_valid_from_valid_until_check check (valid_until >= valid_from)
);
create index memory_items_importance_idx on memory_items (importance, id);
create index memory_items_confidence_idx on memory_items (confidence, id);
create index memory_items_valid_until_idx on memory_items (valid_until, id);

-- Where an item comes from. Who may not read the record sees neither it nor the passage.
create table memory_sources (
  id uuid constraint memory_sources_pkey primary key,
  memory_id uuid not null constraint memory_sources_memory_id_fkey references memory_items on delete cascade,
  record_id uuid not null constraint memory_sources_record_id_fkey references records on delete cascade,
  passage text not null default '' constraint memory_sources_passage_check check (char_length(passage) <= 2000),
  author_id uuid constraint memory_sources_author_id_fkey references people,
  created_at timestamptz not null,
  -- Set when the item may be read by more people than this source: by whom, with the source in view.
  widened_by_id uuid constraint memory_sources_widened_by_id_fkey references people,
  widened_at timestamptz
);
create index memory_sources_memory_id_idx on memory_sources (memory_id);
create index memory_sources_record_id_idx on memory_sources (record_id);
create index memory_sources_author_id_idx on memory_sources (author_id);
create index memory_sources_widened_by_id_idx on memory_sources (widened_by_id);

create table memory_revisions (
  memory_id uuid not null constraint memory_revisions_memory_id_fkey references memory_items on delete cascade,
  number integer not null,
  title text not null,
  item_type text not null,
  status text not null,
  body text not null,
  confidence smallint not null,
  importance smallint not null,
  valid_from date,
  valid_until date,
  needs_review boolean not null,
  -- Null for a key of the organisation and for the server itself.
  author_id uuid constraint memory_revisions_author_id_fkey references people,
  at timestamptz not null,
  constraint memory_revisions_pkey primary key (memory_id, number)
);
create index memory_revisions_author_id_idx on memory_revisions (author_id);
