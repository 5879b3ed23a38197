drop table ai_usage;
drop table ai_calls;
drop table ai_refusals;
drop table ai_policies;
