drop table invitation_links, invitation_grants, invitation_roles, invitation_groups, invitations;
