-- As it was: what has lost its record goes as well.
delete from memory_evidence where record_id is null;
alter table memory_evidence
  drop constraint memory_evidence_record_id_fkey,
  add constraint memory_evidence_record_id_fkey foreign key (record_id) references records on delete cascade,
  alter column record_id set not null;
