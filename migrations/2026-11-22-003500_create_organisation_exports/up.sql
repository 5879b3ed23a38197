-- Exports that somebody asked for: the file lies in the upload folder for two days, and this says how it stands.
create table organisation_exports (
  id uuid constraint organisation_exports_pkey primary key,
  organisation_id uuid not null constraint organisation_exports_organisation_id_fkey references organisations,
  -- The only one who may download it.
  person_id uuid not null constraint organisation_exports_person_id_fkey references people,
  with_uploads boolean not null,
  status text not null constraint organisation_exports_status_check check (status in ('waiting', 'ready', 'failed', 'gone')),
  -- Of the file; 0 until it is ready.
  rows bigint not null default 0,
  bytes bigint not null default 0,
  created_at timestamptz not null
);
create index organisation_exports_organisation_id_idx on organisation_exports (organisation_id);
create index organisation_exports_person_id_idx on organisation_exports (person_id, created_at desc);
create index organisation_exports_created_at_idx on organisation_exports (created_at) where status = 'ready';
