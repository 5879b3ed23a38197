drop table snapshot_sources;
drop table snapshots;
