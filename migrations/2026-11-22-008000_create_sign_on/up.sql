-- Sign-on through the company's identity provider: the providers, who is linked to whom there, and what counts once only.
create table sso_connections (
  id uuid constraint sso_connections_pkey primary key,
  -- `file` is the one in tow.yaml: written at each start, read-only in the interface, its secret in the environment.
  source text not null constraint sso_connections_source_check check (source in ('file', 'page')),
  name text not null constraint sso_connections_name_check check (char_length(name) between 1 and 80),
  issuer text not null,
  client_id text not null,
  -- Sealed under DATA_ENCRYPTION_KEY, null for a client without one; of the file's only a keyed fingerprint, by which a change shows.
  client_secret text,
  scopes text not null,
  username_claim text not null,
  email_claim text not null,
  email_verified_claim text not null,
  given_name_claim text not null,
  family_name_claim text not null,
  require_email_verified boolean not null,
  provider_logout_enabled boolean not null,
  -- Whose people get an account at their first sign-on, and whose accounts may be linked by their address.
  allowed_domains text[] not null,
  -- What the provider must say of how somebody signed in; empty: anything.
  acr_values text not null,
  -- Counts every change of the above: a test holds for the revision it was made with.
  revision integer not null,
  enabled_at timestamptz,
  created_at timestamptz not null
);
create unique index sso_connections_issuer_client_id_key on sso_connections (issuer, client_id) where source = 'page';
create unique index sso_connections_file_key on sso_connections (source) where source = 'file';

create table sso_links (
  id uuid constraint sso_links_pkey primary key,
  connection_id uuid not null constraint sso_links_connection_id_fkey references sso_connections on delete cascade,
  issuer text not null,
  subject text not null,
  person_id uuid not null constraint sso_links_person_id_fkey references people,
  -- As the provider said when it was linked; for people to recognise, never to find by.
  email text not null,
  created_at timestamptz not null,
  last_used_at timestamptz not null,
  constraint sso_links_issuer_subject_key unique (issuer, subject),
  constraint sso_links_person_id_issuer_key unique (person_id, issuer)
);
create index sso_links_connection_id_idx on sso_links (connection_id);

create table sso_sessions (
  session_id uuid constraint sso_sessions_pkey primary key
    constraint sso_sessions_session_id_fkey references sessions on delete cascade,
  connection_id uuid not null constraint sso_sessions_connection_id_fkey references sso_connections on delete cascade,
  subject text not null,
  -- The provider's own name of the session (sid).
  provider_session text,
  -- Sealed: what the provider wants to see again when one signs out there too.
  id_token text
);
create index sso_sessions_connection_id_subject_idx on sso_sessions (connection_id, subject);

-- States and logout tokens that were used: each counts once.
create table sso_spent (
  mark bytea constraint sso_spent_pkey primary key,
  expires_at timestamptz not null
);
create index sso_spent_expires_at_idx on sso_spent (expires_at);

-- Who signed in by way of trial, and with which revision of the configuration.
create table sso_tests (
  connection_id uuid not null constraint sso_tests_connection_id_fkey references sso_connections on delete cascade,
  person_id uuid not null constraint sso_tests_person_id_fkey references people,
  revision integer not null,
  tested_at timestamptz not null,
  constraint sso_tests_pkey primary key (connection_id, person_id)
);
create index sso_tests_person_id_idx on sso_tests (person_id);

-- Everybody must sign in through this connection: at most one row.
create table sso_enforcements (
  id uuid constraint sso_enforcements_pkey primary key,
  connection_id uuid not null constraint sso_enforcements_connection_id_fkey references sso_connections,
  enforced_by uuid not null constraint sso_enforcements_enforced_by_fkey references people,
  enforced_at timestamptz not null
);
create unique index sso_enforcements_single_key on sso_enforcements ((true));
create index sso_enforcements_connection_id_idx on sso_enforcements (connection_id);
create index sso_enforcements_enforced_by_idx on sso_enforcements (enforced_by);

create table break_glass_owners (
  person_id uuid constraint break_glass_owners_pkey primary key
    constraint break_glass_owners_person_id_fkey references people,
  named_by uuid not null constraint break_glass_owners_named_by_fkey references people,
  named_at timestamptz not null
);
create index break_glass_owners_named_by_idx on break_glass_owners (named_by);

create table break_glass_uses (
  id uuid constraint break_glass_uses_pkey primary key,
  person_id uuid not null constraint break_glass_uses_person_id_fkey references people,
  session_id uuid constraint break_glass_uses_session_id_fkey references sessions on delete set null,
  reason text not null,
  used_at timestamptz not null,
  reviewed_by uuid constraint break_glass_uses_reviewed_by_fkey references people,
  reviewed_at timestamptz,
  finding text not null default '',
  constraint break_glass_uses_reviewed_check check ((reviewed_by is null) = (reviewed_at is null)),
  -- Nobody reviews themselves.
  constraint break_glass_uses_reviewer_check check (reviewed_by is distinct from person_id)
);
create index break_glass_uses_person_id_idx on break_glass_uses (person_id);
create index break_glass_uses_session_id_idx on break_glass_uses (session_id);
create index break_glass_uses_reviewed_by_idx on break_glass_uses (reviewed_by);
