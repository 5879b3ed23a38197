-- The job that has the set, so that the same job, taken over from a dead server, need not wait for the end of its own lease.
alter table vector_sets add column leased_for uuid;
