-- Who may join, with what, and on whose word; and the links that lead there, known by their hash alone.
create table invitations (
  id uuid constraint invitations_pkey primary key,
  organisation_id uuid not null constraint invitations_organisation_id_fkey references organisations,
  -- Null: whoever has the link.
  email text constraint invitations_email_check check (email = lower(email)),
  role text not null constraint invitations_role_check check (role in ('owner', 'admin', 'member')),
  -- Whose rights bound it, now and when it is accepted.
  inviter_id uuid not null constraint invitations_inviter_id_fkey references people,
  created_at timestamptz not null,
  expires_at timestamptz not null,
  accepted_at timestamptz,
  accepted_by_id uuid constraint invitations_accepted_by_id_fkey references people,
  revoked_at timestamptz,
  constraint invitations_end_check check (accepted_at is null or revoked_at is null),
  constraint invitations_accepted_check check ((accepted_at is null) = (accepted_by_id is null))
);
-- One open invitation for each address.
create unique index invitations_email_key on invitations (email) where accepted_at is null and revoked_at is null;
create index invitations_organisation_id_idx on invitations (organisation_id, created_at desc);
create index invitations_inviter_id_idx on invitations (inviter_id);
create index invitations_accepted_by_id_idx on invitations (accepted_by_id);

create table invitation_groups (
  invitation_id uuid not null constraint invitation_groups_invitation_id_fkey references invitations on delete cascade,
  group_id uuid not null constraint invitation_groups_group_id_fkey references groups on delete cascade,
  constraint invitation_groups_pkey primary key (invitation_id, group_id)
);
create index invitation_groups_group_id_idx on invitation_groups (group_id);

create table invitation_roles (
  invitation_id uuid not null constraint invitation_roles_invitation_id_fkey references invitations on delete cascade,
  role_id uuid not null constraint invitation_roles_role_id_fkey references roles on delete cascade,
  constraint invitation_roles_pkey primary key (invitation_id, role_id)
);
create index invitation_roles_role_id_idx on invitation_roles (role_id);

create table invitation_grants (
  invitation_id uuid not null constraint invitation_grants_invitation_id_fkey references invitations on delete cascade,
  project_id uuid not null constraint invitation_grants_project_id_fkey references projects on delete cascade,
  role text not null constraint invitation_grants_role_check check (role in ('viewer', 'member', 'lead', 'admin')),
  constraint invitation_grants_pkey primary key (invitation_id, project_id)
);
create index invitation_grants_project_id_idx on invitation_grants (project_id);

-- Any of an invitation's links opens it; a refreshed one has only the new.
create table invitation_links (
  -- SHA-256 of the token in the link; the token itself is nowhere.
  token_hash bytea constraint invitation_links_pkey primary key,
  invitation_id uuid not null constraint invitation_links_invitation_id_fkey references invitations on delete cascade,
  -- Went to the invitation's address and nowhere else: who follows it has that mailbox.
  is_mailed boolean not null,
  created_at timestamptz not null
);
create index invitation_links_invitation_id_idx on invitation_links (invitation_id);
