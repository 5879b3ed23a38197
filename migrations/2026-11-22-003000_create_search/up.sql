-- What can be found: the words of every record, of its comments and of its files' names, one row per text (long ones in parts).
create table search_passages (
  id uuid constraint search_passages_pkey primary key,
  record_id uuid not null,
  -- Repeated, kept by the cascade, so that a reader of few places has the index of words narrowed by place.
  place_id uuid not null,
  -- The record's kind, or comment, or file: what one filters by.
  kind text not null,
  -- body, comment:ID, file:ID
  source text not null,
  part integer not null,
  author_id uuid constraint search_passages_author_id_fkey references people,
  -- Empty for what has no title of its own.
  title text not null,
  text text not null,
  at timestamptz not null,
  -- Stems find "crossings" by "crossing"; plain words find names, other languages and beginnings of words.
  words tsvector not null generated always as (
    setweight(to_tsvector('english', title), 'A') || setweight(to_tsvector('simple', title), 'A') ||
    to_tsvector('english', text) || to_tsvector('simple', text)) stored,
  constraint search_passages_record_id_source_part_key unique (record_id, source, part),
  constraint search_passages_record_id_place_id_fkey foreign key (record_id, place_id)
    references records (id, place_id) on update cascade on delete cascade
);
create index search_passages_words_idx on search_passages using gin (words) with (fastupdate = off);
create index search_passages_place_id_idx on search_passages (place_id);
create index search_passages_author_id_idx on search_passages (author_id);
create index records_display_id_trgm_idx on records using gin (display_id gin_trgm_ops);

-- How far the index has read: one row.
create table search_progress (
  -- Of the program that filled it; another one fills it anew.
  version integer constraint search_progress_pkey primary key,
  -- Everything in activity up to this transaction and row is in the index.
  read_to xid8 not null,
  read_to_row uuid not null,
  -- The first filling has come to this record; null when it is complete.
  filled_to uuid
);
