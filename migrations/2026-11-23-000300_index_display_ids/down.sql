drop index records_display_id_idx;
