drop index audit_events_outcome_at_idx, audit_events_action_at_idx, audit_events_target_id_at_idx, audit_events_actor_id_at_idx, audit_events_at_idx;
create index audit_events_actor_id_idx on audit_events (actor_id);
create index audit_events_target_id_idx on audit_events (target_id);
drop table audit_cuts;
drop table audit_counts;
