-- A reviewable summary of how things stand; only the active one of a type and place is trusted, and there is one.
create table snapshots (
  id uuid constraint snapshots_pkey primary key,
  -- Repeated, kept by the cascade, because one is active per place.
  place_id uuid not null,
  snapshot_type text not null constraint snapshots_snapshot_type_check check (snapshot_type in
    ('current_company_state', 'daily_summary', 'weekly_review', 'cto_state', 'strategy_state')),
  status text not null constraint snapshots_status_check check (status in
    ('generating', 'pending_review', 'active', 'superseded', 'failed')),
  body text not null default '' constraint snapshots_body_check check (octet_length(body) <= 1048576),
  -- What it looks back on: from here to when it was made.
  since timestamptz not null,
  made_at timestamptz,
  activated_at timestamptz,
  activated_by_id uuid constraint snapshots_activated_by_id_fkey references people,
  constraint snapshots_id_place_id_fkey foreign key (id, place_id) references records (id, place_id) on update cascade on delete cascade
);
create unique index snapshots_place_id_snapshot_type_key on snapshots (place_id, snapshot_type) where status = 'active';
create index snapshots_place_id_idx on snapshots (place_id, snapshot_type);
create index snapshots_activated_by_id_idx on snapshots (activated_by_id);

-- Each statement as it was assembled, with the record it comes from.
create table snapshot_sources (
  id uuid constraint snapshot_sources_pkey primary key,
  snapshot_id uuid not null constraint snapshot_sources_snapshot_id_fkey references snapshots on delete cascade,
  position integer not null,
  statement text not null,
  record_id uuid not null constraint snapshot_sources_record_id_fkey references records on delete cascade
);
create index snapshot_sources_snapshot_id_idx on snapshot_sources (snapshot_id, position);
create index snapshot_sources_record_id_idx on snapshot_sources (record_id);
