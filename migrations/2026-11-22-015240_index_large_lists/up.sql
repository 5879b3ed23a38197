-- The board of everything, and what is archived, over a million tickets.
create index tickets_status_rank_idx on tickets (status, rank, id);
create index records_kind_updated_at_archived_idx on records (kind, updated_at desc, id desc) where archived_at is not null;
create index records_place_id_kind_updated_at_archived_idx on records (place_id, kind, updated_at desc, id desc) where archived_at is not null;
-- The tops of the trees of pages, and what changed last in a project.
create index docs_place_id_rank_top_idx on docs (place_id, rank, id) where parent_id is null and removed_at is null;
create index records_place_id_updated_at_idx on records (place_id, updated_at desc, id desc) where archived_at is null;
