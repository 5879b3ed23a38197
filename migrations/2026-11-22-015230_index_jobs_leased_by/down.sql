drop index jobs_leased_by_idx;
