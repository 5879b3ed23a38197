-- Which job: one that outlived its lease must neither go on nor give back what another one holds by now.
alter table vector_sets add column leased_by uuid;
