-- Custom roles: named sets of permissions, added to what the built-in role gives.
create table roles (
  id uuid constraint roles_pkey primary key,
  organisation_id uuid not null constraint roles_organisation_id_fkey references organisations,
  name text not null constraint roles_name_check check (char_length(name) between 1 and 80),
  about text not null default '',
  version integer not null default 1,
  created_at timestamptz not null
);
create unique index roles_organisation_id_name_key on roles (organisation_id, lower(name));

-- The words are the catalogue's in the code, which grows; an unknown word gives nothing.
create table role_permissions (
  role_id uuid not null constraint role_permissions_role_id_fkey references roles on delete cascade,
  permission text not null,
  constraint role_permissions_pkey primary key (role_id, permission)
);

-- Who holds a role; while somebody does, the role cannot be deleted.
create table person_roles (
  person_id uuid not null constraint person_roles_person_id_fkey references people,
  role_id uuid not null constraint person_roles_role_id_fkey references roles,
  created_at timestamptz not null,
  constraint person_roles_pkey primary key (person_id, role_id)
);
create index person_roles_role_id_idx on person_roles (role_id);
