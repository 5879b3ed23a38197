alter table vector_sets drop column leased_for;
