-- What search by meaning is made of: every record's words cut into passages, and the vectors that a model made of them.
create table passages (
  id uuid constraint passages_pkey primary key,
  record_id uuid not null,
  -- Repeated, kept by the cascade: a reader's places narrow the vectors before anything else is looked at.
  place_id uuid not null,
  -- The record's kind, or comment, or file: what one filters by.
  kind text not null,
  -- body, comment:ID, file:ID
  source text not null,
  part integer not null,
  author_id uuid constraint passages_author_id_fkey references people,
  title text not null,
  text text not null,
  -- SHA-256 of title and text. What says the same again keeps its row, and with it its vectors.
  hash bytea not null,
  at timestamptz not null,
  -- Not yet looked at for the set that serves.
  is_waiting boolean not null default true,
  -- Why the provider does not take this text.
  fault text,
  constraint passages_id_place_id_key unique (id, place_id),
  constraint passages_record_id_place_id_fkey foreign key (record_id, place_id)
    references records (id, place_id) on update cascade on delete cascade
);
create index passages_record_id_place_id_idx on passages (record_id, place_id);
create index passages_place_id_id_idx on passages (place_id, id) where is_waiting;
create index passages_author_id_idx on passages (author_id);
create index passages_hash_idx on passages (hash);
create index passages_fault_idx on passages (fault) where fault is not null;

-- The vectors of one model. Vectors of two models cannot be compared, so a set is made whole beside the other and then takes its place.
create table vector_sets (
  id integer generated always as identity constraint vector_sets_pkey primary key,
  model text not null,
  dim integer not null constraint vector_sets_dim_check check (dim between 1 and 4000),
  state text not null constraint vector_sets_state_check check (state in ('building', 'serving', 'retired')),
  created_at timestamptz not null,
  served_at timestamptz,
  -- The provider would not; how often in a row, why, and until when it is left alone.
  tries integer not null default 0,
  fault text,
  rests_until timestamptz,
  -- One job at a time works on a set; one that died leaves it then.
  leased_until timestamptz
);
create unique index vector_sets_state_key on vector_sets (state) where state <> 'retired';

-- Each set has an index of its own over its column, made with the set: the number of dimensions stands in it.
create table vectors (
  set_id integer not null constraint vectors_set_id_fkey references vector_sets,
  passage_id uuid not null,
  place_id uuid not null,
  -- Up to 2,000 dimensions here, above that in half precision: an index takes no more.
  whole vector,
  half halfvec,
  constraint vectors_pkey primary key (set_id, passage_id),
  constraint vectors_whole_half_check check (num_nonnulls(whole, half) = 1),
  constraint vectors_passage_id_place_id_fkey foreign key (passage_id, place_id)
    references passages (id, place_id) on update cascade on delete cascade
);
create index vectors_passage_id_place_id_idx on vectors (passage_id, place_id);
create index vectors_place_id_set_id_idx on vectors (place_id, set_id);
