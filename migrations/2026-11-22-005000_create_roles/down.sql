drop table person_roles;
drop table role_permissions;
drop table roles;
