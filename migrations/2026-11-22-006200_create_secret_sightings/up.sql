-- The day this server first saw each of its secrets, by a keyed fingerprint, so that their age can be shown.
create table secret_sightings (
  name text not null,
  fingerprint text not null,
  first_seen_at timestamptz not null,
  constraint secret_sightings_pkey primary key (name, fingerprint)
);
