drop index records_place_id_kind_created_at_idx;
drop index tickets_priority_due_on_idx;
drop index tickets_assignee_id_priority_due_on_idx;
create index tickets_assignee_id_idx on tickets (assignee_id);
