-- A provider that speaks SAML 2.0: its entity ID stands in issuer; it has no client ID, secret or scopes.
alter table sso_connections
  add column protocol text not null default 'oidc'
    constraint sso_connections_protocol_check check (protocol in ('oidc', 'saml')),
  -- Where people sign in; empty for OpenID Connect, which tells it itself.
  add column sign_in_url text not null default '',
  -- Base64 of the DER of each certificate whose key may sign; their order is the administrator's.
  add column certificates text[] not null default '{}',
  -- Answers that nobody asked for here count (begun at the provider's own page).
  add column allows_unsolicited boolean not null default false;

-- What a provider said of somebody, between its POST, which comes without our cookies, and the page of ours that has them.
create table sso_landings (
  -- SHA-256 of the code in the address.
  code_hash bytea constraint sso_landings_pkey primary key,
  connection_id uuid not null constraint sso_landings_connection_id_fkey references sso_connections on delete cascade,
  -- The request it answers; null for one that nobody asked for.
  request text,
  claims jsonb not null,
  expires_at timestamptz not null
);
create index sso_landings_expires_at_idx on sso_landings (expires_at);
create index sso_landings_connection_id_idx on sso_landings (connection_id);
