alter table vector_sets drop column fault_about;
alter table vector_sets drop column settled_to;
