drop index organisation_exports_created_at_idx;
create index organisation_exports_created_at_idx on organisation_exports (created_at) where status = 'ready';
drop index organisation_exports_person_id_waiting_key;
