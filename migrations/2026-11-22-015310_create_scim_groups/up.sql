-- The directory's groups. Each is a group of ours as well, which people here use but do not change.
alter table groups add column is_managed boolean not null default false;

create table scim_groups (
  group_id uuid constraint scim_groups_pkey primary key
    constraint scim_groups_group_id_fkey references groups on delete cascade,
  organisation_id uuid not null constraint scim_groups_organisation_id_fkey references organisations,
  -- The directory's own name of the group.
  external_id text,
  -- As the directory sent it; here the group may be called otherwise, where a name is taken or too long.
  display_name text not null constraint scim_groups_display_name_check check (char_length(display_name) between 1 and 255),
  version integer not null default 1,
  created_at timestamptz not null,
  updated_at timestamptz not null
);
create unique index scim_groups_external_id_organisation_id_key on scim_groups (external_id, organisation_id);
create index scim_groups_organisation_id_display_name_idx on scim_groups (organisation_id, lower(display_name));
-- Without a name of the directory's own, what it is called is all that tells two of them apart.
create unique index scim_groups_display_name_key on scim_groups (lower(display_name), organisation_id) where external_id is null;
