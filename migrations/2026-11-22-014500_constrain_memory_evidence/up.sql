-- A page deleted for good took along why a proposal from it was hidden; the row stays now, without its record, and so does the veil.
alter table memory_evidence
  alter column record_id drop not null,
  drop constraint memory_evidence_record_id_fkey,
  add constraint memory_evidence_record_id_fkey foreign key (record_id) references records on delete set null;
