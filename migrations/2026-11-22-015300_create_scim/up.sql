-- The company's directory (SCIM): the tokens it comes with, the people it manages, and what it asked for in vain.
create table scim_tokens (
  id uuid constraint scim_tokens_pkey primary key,
  organisation_id uuid not null constraint scim_tokens_organisation_id_fkey references organisations,
  name text not null constraint scim_tokens_name_check check (char_length(name) between 1 and 80),
  creator_id uuid not null constraint scim_tokens_creator_id_fkey references people,
  -- SHA-256 of the token; the token itself is nowhere. Its last characters tell two of them apart.
  token_hash bytea not null constraint scim_tokens_token_hash_key unique,
  hint text not null,
  created_at timestamptz not null,
  expires_at timestamptz not null,
  revoked_at timestamptz,
  -- The one it takes over from, which goes on for some days.
  replaces_id uuid constraint scim_tokens_replaces_id_fkey references scim_tokens
);
create index scim_tokens_organisation_id_idx on scim_tokens (organisation_id);
create index scim_tokens_creator_id_idx on scim_tokens (creator_id);
create unique index scim_tokens_replaces_id_key on scim_tokens (replaces_id);

-- Apart from scim_tokens, because it changes with each request.
create table scim_token_uses (
  token_id uuid constraint scim_token_uses_pkey primary key
    constraint scim_token_uses_token_id_fkey references scim_tokens on delete cascade,
  used_count bigint not null,
  last_used_at timestamptz not null,
  last_address text not null,
  window_began_at timestamptz not null,
  window_count integer not null
) with (fillfactor = 50);

create table scim_users (
  person_id uuid constraint scim_users_pkey primary key constraint scim_users_person_id_fkey references people,
  organisation_id uuid not null constraint scim_users_organisation_id_fkey references organisations,
  -- The directory's own name of the person.
  external_id text,
  user_name text not null constraint scim_users_user_name_check check (char_length(user_name) between 1 and 255),
  -- What else it says of them, by the names of the protocol. Nothing here gives any right.
  attributes jsonb not null,
  version integer not null default 1,
  created_at timestamptz not null,
  updated_at timestamptz not null
);
create unique index scim_users_external_id_organisation_id_key on scim_users (external_id, organisation_id);
create unique index scim_users_organisation_id_user_name_key on scim_users (organisation_id, lower(user_name));

create table scim_conflicts (
  id uuid constraint scim_conflicts_pkey primary key,
  organisation_id uuid not null constraint scim_conflicts_organisation_id_fkey references organisations,
  -- Whom or what it was about, as the directory calls it.
  subject text not null,
  -- Key and arguments of the sentence.
  reason text not null,
  arguments jsonb not null,
  number integer not null,
  first_at timestamptz not null,
  last_at timestamptz not null,
  constraint scim_conflicts_organisation_id_subject_reason_key unique (organisation_id, subject, reason)
);
create index scim_conflicts_last_at_idx on scim_conflicts (last_at);

-- The directory shut this person out: only it or an owner lets them in again.
alter table people add column held_at timestamptz;

alter table activity drop constraint activity_actor_kind_check;
alter table activity add constraint activity_actor_kind_check
  check (actor_kind in ('person', 'system', 'visitor', 'operator', 'token', 'service', 'directory'));
