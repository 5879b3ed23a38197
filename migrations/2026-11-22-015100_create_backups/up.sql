-- When a backup of this server was made, so that the page of practices can say how old the last one is.
create table backups (
  id uuid not null,
  name text not null,
  made_at timestamptz not null,
  bytes bigint not null,
  is_encrypted boolean not null,
  constraint backups_pkey primary key (id),
  constraint backups_bytes_check check (bytes >= 0)
);
create index backups_made_at_idx on backups (made_at desc, id desc);
