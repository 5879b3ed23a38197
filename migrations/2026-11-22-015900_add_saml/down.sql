drop table sso_landings;
alter table sso_connections
  drop column allows_unsolicited,
  drop column certificates,
  drop column sign_in_url,
  drop column protocol;
