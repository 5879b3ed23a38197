-- What lies before somebody, by priority and then by due date: the order people ask for most often that has two fields.
drop index tickets_assignee_id_idx;
create index tickets_assignee_id_priority_due_on_idx on tickets (assignee_id, priority, due_on, id);
create index tickets_priority_due_on_idx on tickets (priority, due_on, id);
create index records_place_id_kind_created_at_idx on records (place_id, kind, created_at desc, id desc) where archived_at is null;
