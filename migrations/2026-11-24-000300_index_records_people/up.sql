-- The newest of somebody's own, in their order. Under a second for a million tickets, so that it may lock them.
create index records_assignee_id_updated_at_idx on records (assignee_id, updated_at desc, id desc) where assignee_id is not null;
create index records_reporter_id_updated_at_idx on records (reporter_id, updated_at desc, id desc) where reporter_id is not null;
