-- The board of everything, and what is archived, over a million tickets.
create index tickets_status_rank_idx on tickets (status, rank, id);
create index records_kind_updated_at_archived_idx on records (kind, updated_at desc, id desc) where archived_at is not null;
create index records_place_id_kind_updated_at_archived_idx on records (place_id, kind, updated_at desc, id desc) where archived_at is not null;
