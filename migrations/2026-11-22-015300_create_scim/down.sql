alter table activity drop constraint activity_actor_kind_check;
alter table activity add constraint activity_actor_kind_check
  check (actor_kind in ('person', 'system', 'visitor', 'operator', 'token', 'service'));
alter table people drop column held_at;
drop table scim_conflicts;
drop table scim_users;
drop table scim_token_uses;
drop table scim_tokens;
