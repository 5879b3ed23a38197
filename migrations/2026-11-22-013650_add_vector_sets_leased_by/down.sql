alter table vector_sets drop column leased_by;
