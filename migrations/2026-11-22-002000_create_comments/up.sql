-- What people say about a record. A comment that was removed keeps its row, so that the talk around it stays readable.
create table comments (
  id uuid constraint comments_pkey primary key,
  record_id uuid not null constraint comments_record_id_fkey references records on delete cascade,
  -- Null when an import could not tell who wrote it.
  author_id uuid constraint comments_author_id_fkey references people,
  body text not null constraint comments_body_check check (octet_length(body) <= 65536),
  -- The passage it is about; only such comments are resolved.
  quote text constraint comments_quote_check check (char_length(quote) between 1 and 2000),
  created_at timestamptz not null,
  edited_at timestamptz,
  removed_at timestamptz,
  resolved_at timestamptz,
  resolved_by_id uuid constraint comments_resolved_by_id_fkey references people,
  constraint comments_resolved_at_check check (resolved_at is null or quote is not null)
);
create index comments_record_id_idx on comments (record_id, created_at, id);
create index comments_author_id_idx on comments (author_id);
create index comments_resolved_by_id_idx on comments (resolved_by_id);
