-- A person is named by their whole name, and offered while somebody types it: in a company of thousands neither may read them all.
create index people_name_idx on people (lower(name), id);
create index people_name_trgm_idx on people using gin (name gin_trgm_ops);
create index people_handle_trgm_idx on people using gin (handle gin_trgm_ops);
