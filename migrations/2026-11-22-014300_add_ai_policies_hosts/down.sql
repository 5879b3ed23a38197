alter table ai_group_policies drop column assistants, drop column hosts;
alter table ai_policies drop column masked_patterns, drop column assistants, drop column hosts;
