-- Where the audit trail is sent on, and how far: sealed events in the order of the chain, each at least once.
create table audit_streams (
  id uuid constraint audit_streams_pkey primary key,
  organisation_id uuid not null constraint audit_streams_organisation_id_fkey references organisations,
  name text not null constraint audit_streams_name_check check (char_length(name) between 1 and 80),
  transport text not null constraint audit_streams_transport_check check (transport in ('webhook', 'tls', 'tcp', 'udp')),
  -- An https address for a webhook, else host:port.
  address text not null constraint audit_streams_address_check check (char_length(address) between 1 and 500),
  -- Of a webhook: what it is signed with, sealed.
  secret text,
  -- The number of the last event that arrived.
  cursor bigint not null default 0,
  version integer not null default 1,
  created_by_id uuid constraint audit_streams_created_by_id_fkey references people,
  created_at timestamptz not null,
  paused_at timestamptz,
  last_sent_at timestamptz,
  failures integer not null default 0,
  next_try_at timestamptz,
  error text,
  leased_until timestamptz,
  constraint audit_streams_secret_check check ((transport = 'webhook') = (secret is not null)),
  constraint audit_streams_organisation_id_name_key unique (organisation_id, name)
);
create index audit_streams_created_by_id_idx on audit_streams (created_by_id);
