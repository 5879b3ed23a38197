drop table search_progress, search_passages;
drop index records_display_id_trgm_idx;
