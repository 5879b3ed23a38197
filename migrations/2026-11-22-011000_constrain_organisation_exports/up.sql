-- One export at a time is made for a person, also when two requests arrive together.
update organisation_exports o set status = 'failed' where o.status = 'waiting' and exists (
  select from organisation_exports n where n.person_id = o.person_id and n.status = 'waiting' and (n.created_at, n.id) > (o.created_at, o.id));
create unique index organisation_exports_person_id_waiting_key on organisation_exports (person_id) where status = 'waiting';
-- What is never finished has its time too.
drop index organisation_exports_created_at_idx;
create index organisation_exports_created_at_idx on organisation_exports (created_at) where status in ('waiting', 'ready');
