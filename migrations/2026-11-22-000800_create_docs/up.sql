-- Pages of the wiki: a tree per place. place_id is repeated so that the database itself keeps a child where its parent is.
create table docs (
  id uuid constraint docs_pkey primary key,
  place_id uuid not null,
  parent_id uuid,
  -- Order among the pages below one parent, a fractional rank (text, compared byte by byte).
  rank text collate "C" not null,
  icon text not null default '',
  body text not null default '',
  -- Number of the newest revision.
  revision integer not null default 1 constraint docs_revision_check check (revision > 0),
  -- In the bin since then; a page in the bin is archived too, so that no list shows it.
  removed_at timestamptz,
  remover_id uuid constraint docs_remover_id_fkey references people,
  constraint docs_parent_check check (parent_id <> id),
  constraint docs_id_place_id_key unique (id, place_id),
  constraint docs_id_place_id_fkey foreign key (id, place_id) references records (id, place_id) on update cascade on delete cascade,
  constraint docs_parent_id_place_id_fkey foreign key (parent_id, place_id) references docs (id, place_id)
);
create index docs_place_id_rank_idx on docs (place_id, rank, id) where removed_at is null;
create index docs_parent_id_rank_idx on docs (parent_id, rank, id);
create index docs_removed_at_idx on docs (removed_at) where removed_at is not null;
create index docs_remover_id_idx on docs (remover_id);

-- Every save of a page, whole: any two can be compared, and each can come back.
create table doc_revisions (
  id uuid constraint doc_revisions_pkey primary key,
  doc_id uuid not null constraint doc_revisions_doc_id_fkey references docs on delete cascade,
  number integer not null,
  title text not null,
  body text not null,
  -- What changed, in the author's words.
  note text not null default '' constraint doc_revisions_note_check check (char_length(note) <= 255),
  -- The revision that this one brought back.
  restored_number integer,
  author_id uuid constraint doc_revisions_author_id_fkey references people,
  created_at timestamptz not null,
  constraint doc_revisions_doc_id_number_key unique (doc_id, number)
);
create index doc_revisions_author_id_idx on doc_revisions (author_id);
