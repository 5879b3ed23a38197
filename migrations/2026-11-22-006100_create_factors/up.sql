-- What people show beside a password: authenticator apps, passkeys, recovery codes; who must have one; and the steps in between.
create table factors (
  id uuid constraint factors_pkey primary key,
  person_id uuid not null constraint factors_person_id_fkey references people,
  kind text not null constraint factors_kind_check check (kind in ('totp', 'passkey')),
  name text not null constraint factors_name_check check (char_length(name) between 1 and 80),
  -- totp: the seed, sealed in the vault under this row's id.
  sealed text,
  -- totp: the last time step whose code was taken; an older or equal one is a replay.
  last_step bigint,
  -- passkey: public key and counter; what the authenticator calls itself.
  passkey jsonb,
  credential bytea constraint factors_credential_key unique,
  created_at timestamptz not null,
  -- Null until the first code fitted; counts for nothing before.
  confirmed_at timestamptz,
  last_used_at timestamptz,
  constraint factors_parts_check check (
    kind = 'totp' and sealed is not null and passkey is null and credential is null
    or kind = 'passkey' and sealed is null and passkey is not null and credential is not null)
);
create index factors_person_id_idx on factors (person_id);
-- One authenticator app; several passkeys.
create unique index factors_totp_key on factors (person_id) where kind = 'totp';

create table recovery_codes (
  id uuid constraint recovery_codes_pkey primary key,
  person_id uuid not null constraint recovery_codes_person_id_fkey references people,
  -- SHA-256 over person and code: 80 random bits need no slow hash.
  code_hash bytea not null,
  created_at timestamptz not null,
  used_at timestamptz,
  constraint recovery_codes_person_id_code_hash_key unique (person_id, code_hash)
);

-- Somebody whose password fitted and who owes the second factor: no session, and worth nothing but that question.
create table sign_in_steps (
  id uuid constraint sign_in_steps_pkey primary key,
  token_hash bytea not null constraint sign_in_steps_token_hash_key unique,
  person_id uuid not null constraint sign_in_steps_person_id_fkey references people,
  created_at timestamptz not null
);
create index sign_in_steps_person_id_idx on sign_in_steps (person_id);
create index sign_in_steps_created_at_idx on sign_in_steps (created_at);

-- A question to an authenticator: its challenge, answered once, in the browser that asked.
create table ceremonies (
  id uuid constraint ceremonies_pkey primary key,
  -- SHA-256 of what the browser's CSRF tokens hang on.
  browser bytea not null,
  purpose text not null constraint ceremonies_purpose_check check (purpose in ('register', 'confirm', 'second', 'sign_in')),
  person_id uuid constraint ceremonies_person_id_fkey references people,
  state jsonb not null,
  created_at timestamptz not null
);
create index ceremonies_person_id_idx on ceremonies (person_id);
create index ceremonies_created_at_idx on ceremonies (created_at);

-- Who must have a second factor. No row: nobody.
create table sign_in_policies (
  organisation_id uuid constraint sign_in_policies_pkey primary key
    constraint sign_in_policies_organisation_id_fkey references organisations,
  second_factor text not null constraint sign_in_policies_second_factor_check
    check (second_factor in ('nobody', 'owners', 'admins', 'everyone')),
  updated_at timestamptz not null
);

alter table sessions drop constraint sessions_method_check;
alter table sessions add constraint sessions_method_check
  check (method in ('password', 'setup', 'passkey', 'oidc', 'saml', 'break_glass'));
-- The second factor shown at sign-in.
alter table sessions add column factor text constraint sessions_factor_check check (factor in ('totp', 'passkey', 'recovery'));
