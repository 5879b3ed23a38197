-- Where work happens, and who may be there.
create table projects (
  id uuid constraint projects_pkey primary key,
  organisation_id uuid not null constraint projects_organisation_id_fkey references organisations,
  key text not null constraint projects_key_check check (key ~ '^[A-Z][A-Z0-9]{1,9}$'),
  name text not null constraint projects_name_check check (char_length(name) between 1 and 80),
  about text not null default '',
  visibility text not null constraint projects_visibility_check check (visibility in ('open', 'restricted')),
  lead_id uuid constraint projects_lead_id_fkey references people,
  created_by_id uuid constraint projects_created_by_id_fkey references people,
  version integer not null default 1,
  created_at timestamptz not null,
  archived_at timestamptz,
  constraint projects_organisation_id_key_key unique (organisation_id, key)
);
create index projects_lead_id_idx on projects (lead_id);
create index projects_created_by_id_idx on projects (created_by_id);

create table project_grants (
  id uuid constraint project_grants_pkey primary key,
  project_id uuid not null constraint project_grants_project_id_fkey references projects on delete cascade,
  person_id uuid constraint project_grants_person_id_fkey references people,
  group_id uuid constraint project_grants_group_id_fkey references groups on delete cascade,
  role text not null constraint project_grants_role_check check (role in ('viewer', 'member', 'lead', 'admin')),
  created_at timestamptz not null,
  constraint project_grants_grantee_check check ((person_id is null) <> (group_id is null)),
  constraint project_grants_project_id_person_id_key unique (project_id, person_id),
  constraint project_grants_project_id_group_id_key unique (project_id, group_id)
);
create index project_grants_person_id_idx on project_grants (person_id);
create index project_grants_group_id_idx on project_grants (group_id);
