drop index records_kind_title_idx;
drop index records_kind_created_at_idx;
drop index tickets_due_on_idx;
drop index tickets_priority_idx;
