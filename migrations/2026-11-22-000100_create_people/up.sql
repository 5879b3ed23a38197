-- Who there is: the organisation, its people, groups and sessions; everything else refers to them.
create table organisations (
  id uuid constraint organisations_pkey primary key,
  name text not null constraint organisations_name_check check (char_length(name) between 1 and 80),
  about text not null default '',
  mode text not null constraint organisations_mode_check check (mode in ('founder', 'organization')),
  time_zone text not null default 'Europe/London',
  created_at timestamptz not null
);
-- One company per server; the table keeps its key so that every other row can say whose it is.
create unique index organisations_single_key on organisations ((true));

create table people (
  id uuid constraint people_pkey primary key,
  name text not null constraint people_name_check check (char_length(name) between 1 and 80),
  -- Lower-cased when written, so that a plain unique key compares as people do.
  email text not null constraint people_email_key unique constraint people_email_check check (email = lower(email)),
  handle text not null constraint people_handle_key unique,
  password_hash text,
  server_admin boolean not null default false,
  theme text not null default 'system' constraint people_theme_check check (theme in ('system', 'light', 'dark')),
  palette text not null default 'default',
  time_zone text,
  created_at timestamptz not null,
  deactivated_at timestamptz
);

create table memberships (
  id uuid constraint memberships_pkey primary key,
  organisation_id uuid not null constraint memberships_organisation_id_fkey references organisations,
  person_id uuid not null constraint memberships_person_id_fkey references people,
  role text not null constraint memberships_role_check check (role in ('owner', 'admin', 'member')),
  created_at timestamptz not null,
  constraint memberships_organisation_id_person_id_key unique (organisation_id, person_id)
);
create index memberships_person_id_idx on memberships (person_id);

create table groups (
  id uuid constraint groups_pkey primary key,
  organisation_id uuid not null constraint groups_organisation_id_fkey references organisations,
  name text not null constraint groups_name_check check (char_length(name) between 1 and 80),
  about text not null default '',
  version integer not null default 1,
  created_at timestamptz not null
);
create unique index groups_organisation_id_name_key on groups (organisation_id, lower(name));

create table group_members (
  group_id uuid not null constraint group_members_group_id_fkey references groups on delete cascade,
  person_id uuid not null constraint group_members_person_id_fkey references people,
  created_at timestamptz not null,
  constraint group_members_pkey primary key (group_id, person_id)
);
create index group_members_person_id_idx on group_members (person_id);

create table sessions (
  id uuid constraint sessions_pkey primary key,
  person_id uuid not null constraint sessions_person_id_fkey references people,
  -- SHA-256 of the token in the cookie; the token itself is nowhere.
  token_hash bytea not null constraint sessions_token_hash_key unique,
  method text not null constraint sessions_method_check check (method in ('password', 'setup')),
  authenticated_at timestamptz not null,
  created_at timestamptz not null,
  last_seen_at timestamptz not null,
  expires_at timestamptz not null,
  ended_at timestamptz,
  address text not null default '',
  browser text not null default ''
);
create index sessions_person_id_idx on sessions (person_id) where ended_at is null;

create table setup_tokens (
  token_hash bytea constraint setup_tokens_pkey primary key,
  created_at timestamptz not null
);

-- Failed tries by key (an address, an account, the set-up form), counted here so that every instance sees them.
create table throttles (
  key text constraint throttles_pkey primary key,
  failures integer not null,
  last_at timestamptz not null
);
create index throttles_last_at_idx on throttles (last_at);

-- A form sent twice is done once; the first answer is repeated.
create table idempotency_keys (
  person_id uuid not null constraint idempotency_keys_person_id_fkey references people,
  key uuid not null,
  location text not null,
  created_at timestamptz not null,
  constraint idempotency_keys_pkey primary key (person_id, key)
);
create index idempotency_keys_created_at_idx on idempotency_keys (created_at);
