alter table memory_diffs drop constraint memory_diffs_origin_check;
update memory_diffs set origin = 'page' where origin = 'agent';
alter table memory_diffs add constraint memory_diffs_origin_check check (origin in
  ('person', 'page', 'stale', 'doubt', 'duplicate', 'contradiction', 'narrowed'));
