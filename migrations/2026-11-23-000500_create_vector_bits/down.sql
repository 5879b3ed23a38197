drop trigger if exists vectors_bits on vectors;
drop function if exists keep_vector_bits();
alter table vector_sets drop column bits_to;
drop table vector_bits;
