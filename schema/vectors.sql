-- The bits of a vector stand beside it from the same statement on, wherever it comes from, and go with it.
create or replace function keep_vector_bits() returns trigger language plpgsql as $$
begin
  if tg_op <> 'INSERT' then
    delete from vector_bits where set_id = old.set_id and place_id = old.place_id and passage_id = old.passage_id;
  end if;
  if tg_op <> 'DELETE' then
    insert into vector_bits (set_id, place_id, passage_id, bits)
      values (new.set_id, new.place_id, new.passage_id, coalesce(binary_quantize(new.whole), binary_quantize(new.half)))
      on conflict (set_id, place_id, passage_id) do update set bits = excluded.bits;
  end if;
  return null;
end $$;
-- Replaced and not dropped first, for which it would wait until nobody reads, a backup included.
create or replace trigger vectors_bits after insert or delete or update of set_id, place_id, passage_id, whole, half on vectors
  for each row execute function keep_vector_bits();
