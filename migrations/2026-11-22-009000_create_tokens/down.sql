alter table audit_events drop column token_id;
update activity set actor_kind = 'system' where actor_kind in ('token', 'service');
alter table activity drop constraint activity_actor_kind_check;
alter table activity add constraint activity_actor_kind_check check (actor_kind in ('person', 'system', 'visitor', 'operator'));
alter table activity drop column token_id;
drop table api_answers, token_uses, token_projects, tokens;
