drop table memory_revisions;
drop table memory_sources;
drop table memory_items;
