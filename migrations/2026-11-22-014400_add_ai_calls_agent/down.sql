alter table ai_calls drop column agent;
