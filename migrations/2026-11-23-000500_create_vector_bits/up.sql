-- Of each vector the signs of its numbers, one bit each: a thirty-second of its size, so that a hundred thousand are compared while a page is made.
-- Written by a trigger (schema/vectors.sql), whoever writes vectors; those from before by the clock, step by step.
create table vector_bits (
  set_id integer not null constraint vector_bits_set_id_fkey references vector_sets on delete cascade,
  place_id uuid not null,
  passage_id uuid not null,
  bits bit varying not null,
  -- With all that a comparison reads, so that it reads nothing else.
  constraint vector_bits_pkey primary key (set_id, place_id, passage_id) include (bits)
);
-- How far those from before have come; none is left where it is null, as in a set made from now on.
alter table vector_sets add column bits_to uuid;
update vector_sets set bits_to = '00000000-0000-0000-0000-000000000000';
