drop index ai_requests_run_id_idx;
alter table ai_requests drop constraint ai_requests_run_id_check;
delete from ai_requests where run_id is not null;
alter table ai_requests drop column run_id;
alter table ai_requests alter column person_id set not null;
alter table ai_requests alter column record_id set not null;
