-- Who reads nearly every place walks an order over everything; without these, each such page would sort all there is.
create index tickets_priority_idx on tickets (priority, id);
create index tickets_due_on_idx on tickets (due_on, id);
create index records_kind_created_at_idx on records (kind, created_at desc, id desc) where archived_at is null;
create index records_kind_title_idx on records (kind, lower(title), id) where archived_at is null;
