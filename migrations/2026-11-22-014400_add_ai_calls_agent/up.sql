-- Which assistant or agent a call was made by, by its key; null for what none makes.
alter table ai_calls add column agent text;
