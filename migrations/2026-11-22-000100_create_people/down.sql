drop table idempotency_keys, throttles, setup_tokens, sessions, group_members, groups, memberships, people, organisations;
