-- What programs come with: a person's own tokens, and keys of the organisation, which are service accounts.
create table tokens (
  id uuid constraint tokens_pkey primary key,
  organisation_id uuid not null constraint tokens_organisation_id_fkey references organisations,
  kind text not null constraint tokens_kind_check check (kind in ('personal', 'service')),
  name text not null constraint tokens_name_check check (char_length(name) between 1 and 80),
  -- Whose rights it narrows; a key of the organisation is nobody's.
  person_id uuid constraint tokens_person_id_fkey references people,
  creator_id uuid not null constraint tokens_creator_id_fkey references people,
  -- SHA-256 of the token; the token itself is nowhere. Its last characters tell two of them apart.
  token_hash bytea not null constraint tokens_token_hash_key unique,
  hint text not null,
  scopes text[] not null constraint tokens_scopes_check check (cardinality(scopes) > 0),
  -- To token_projects. Else all that the person reaches, or for a key every open project.
  is_narrowed boolean not null,
  -- Where a key may come from; empty for anywhere.
  networks text[] not null default '{}',
  created_at timestamptz not null,
  expires_at timestamptz not null,
  revoked_at timestamptz,
  constraint tokens_kind_person_id_check check ((kind = 'personal') = (person_id is not null))
);
create index tokens_organisation_id_idx on tokens (organisation_id);
create index tokens_person_id_idx on tokens (person_id);
create index tokens_creator_id_idx on tokens (creator_id);

create table token_projects (
  token_id uuid not null constraint token_projects_token_id_fkey references tokens on delete cascade,
  project_id uuid not null constraint token_projects_project_id_fkey references projects on delete cascade,
  constraint token_projects_pkey primary key (token_id, project_id)
);
create index token_projects_project_id_idx on token_projects (project_id);

-- Apart from tokens, because it changes with each request: how often and when last, and the requests of the present window.
create table token_uses (
  token_id uuid constraint token_uses_pkey primary key constraint token_uses_token_id_fkey references tokens on delete cascade,
  used_count bigint not null,
  last_used_at timestamptz not null,
  last_address text not null,
  window_began_at timestamptz not null,
  window_count integer not null
) with (fillfactor = 50);

-- A request sent twice with the same Idempotency-Key is done once; the first answer is repeated for a day.
create table api_answers (
  token_id uuid not null constraint api_answers_token_id_fkey references tokens on delete cascade,
  key text not null,
  -- SHA-256 of method, path and body.
  fingerprint bytea not null,
  location text not null,
  etag text not null,
  body text not null,
  created_at timestamptz not null,
  constraint api_answers_pkey primary key (token_id, key)
);
create index api_answers_created_at_idx on api_answers (created_at);

-- What a program did says by which token.
alter table activity add column token_id uuid constraint activity_token_id_fkey references tokens;
create index activity_token_id_idx on activity (token_id) where token_id is not null;
alter table activity drop constraint activity_actor_kind_check;
alter table activity add constraint activity_actor_kind_check
  check (actor_kind in ('person', 'system', 'visitor', 'operator', 'token', 'service'));
alter table audit_events add column token_id uuid constraint audit_events_token_id_fkey references tokens;
create index audit_events_token_id_idx on audit_events (token_id) where token_id is not null;
