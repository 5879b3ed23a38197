-- What a silent instance held is looked for with each beat of the others.
create index jobs_leased_by_idx on jobs (leased_by) where leased_until is not null and finished_at is null and failed_at is null;
