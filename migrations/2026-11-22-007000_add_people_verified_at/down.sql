alter table people drop column verified_at;
