-- Whom a place lets be asked, by which assistants, and patterns that are masked beside words. Null: whatever tow.yaml names, and all.
alter table ai_policies
  add column hosts text[],
  add column assistants text[],
  -- Only in the organisation's.
  add column masked_patterns text[] not null default '{}';
alter table ai_group_policies add column hosts text[], add column assistants text[];
