drop table ai_group_policies;
