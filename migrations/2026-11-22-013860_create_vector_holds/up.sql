-- Places whose passages a budget or a policy holds back for a while: they must not hold up the others, nor be asked about all the time.
create table vector_holds (
  place_id uuid constraint vector_holds_pkey primary key,
  reason text not null,
  held_until timestamptz not null
);
