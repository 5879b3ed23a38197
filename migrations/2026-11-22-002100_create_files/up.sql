-- Attachments. A blob is content on disk, by the SHA-256 of it; a file is a name for one on a record.
create table blobs (
  -- Lower-case hexadecimal, which is also its name on disk.
  hash text constraint blobs_pkey primary key constraint blobs_hash_check check (hash ~ '^[0-9a-f]{64}$'),
  bytes bigint not null,
  -- When it was last put here; content that no file names is deleted a day later.
  created_at timestamptz not null
);
create index blobs_created_at_idx on blobs (created_at);

create table files (
  id uuid constraint files_pkey primary key,
  record_id uuid not null constraint files_record_id_fkey references records on delete cascade,
  comment_id uuid constraint files_comment_id_fkey references comments on delete set null,
  name text not null constraint files_name_check check (octet_length(name) between 1 and 200),
  -- Told from the content, never by who sent it.
  content_type text not null,
  bytes bigint not null,
  hash text not null constraint files_hash_fkey references blobs,
  -- Set for a picture that was drawn anew here, and for nothing else: only such a file is shown inside a page.
  width integer,
  height integer,
  author_id uuid constraint files_author_id_fkey references people,
  created_at timestamptz not null,
  removed_at timestamptz
);
create index files_record_id_idx on files (record_id, created_at, id);
create index files_comment_id_idx on files (comment_id);
create index files_hash_idx on files (hash);
create index files_author_id_idx on files (author_id);
create index files_removed_at_idx on files (removed_at) where removed_at is not null;
