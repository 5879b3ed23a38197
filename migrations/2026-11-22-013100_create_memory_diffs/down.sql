drop table memory_evidence;
drop table memory_changes;
drop table memory_diffs;
