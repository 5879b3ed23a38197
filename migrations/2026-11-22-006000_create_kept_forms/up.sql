-- A form that was interrupted by the question who one is, so that nothing typed is lost: sealed, for ten minutes, for one session.
create table kept_forms (
  id uuid constraint kept_forms_pkey primary key,
  session_id uuid not null constraint kept_forms_session_id_fkey references sessions on delete cascade,
  -- Where it was sent: the address with its query, and the pattern of the route.
  action text not null,
  pattern text not null,
  -- The fields but the secret ones, encrypted; bound to id, session, action and pattern.
  sealed bytea not null,
  created_at timestamptz not null
);
create index kept_forms_session_id_idx on kept_forms (session_id, created_at);
create index kept_forms_created_at_idx on kept_forms (created_at);
