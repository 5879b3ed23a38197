-- A model read the page, not the rules: who decides shall know.
alter table memory_diffs drop constraint memory_diffs_origin_check;
alter table memory_diffs add constraint memory_diffs_origin_check check (origin in
  ('person', 'page', 'agent', 'stale', 'doubt', 'duplicate', 'contradiction', 'narrowed'));
