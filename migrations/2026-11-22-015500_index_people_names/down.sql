drop index people_handle_trgm_idx;
drop index people_name_trgm_idx;
drop index people_name_idx;
