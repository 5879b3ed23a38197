drop table scim_groups;
alter table groups drop column is_managed;
