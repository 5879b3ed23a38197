-- A set takes over at once; which passages it lacks is looked at afterwards, bit by bit, from here on. Null when that is done.
alter table vector_sets add column settled_to uuid;
-- What the sentence about the fault names: a model, a number.
alter table vector_sets add column fault_about text constraint vector_sets_fault_about_check check (length(fault_about) <= 200);
