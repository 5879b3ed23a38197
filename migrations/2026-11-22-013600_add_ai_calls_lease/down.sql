alter table ai_calls drop column is_estimate, drop column holders, drop column alive_at;
