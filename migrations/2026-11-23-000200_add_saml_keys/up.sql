-- What this server signs with towards SAML providers, and what they encrypt for it.
create table sso_keys (
  id uuid constraint sso_keys_pkey primary key,
  -- At most one of each.
  state text not null constraint sso_keys_state_key unique
    constraint sso_keys_state_check check (state in ('next', 'current', 'previous')),
  -- Base64 of the DER.
  certificate text not null,
  -- PKCS #8, sealed for the row's id.
  private_key text not null,
  created_at timestamptz not null
);

alter table sso_connections
  -- Where people sign out; empty where the provider has no such address.
  add column sign_out_url text not null default '',
  add column signs_requests boolean not null default false;

-- How a SAML provider wrote the subject's name (Format and qualifiers): single logout must say it the same way.
alter table sso_sessions add column name_words jsonb;
