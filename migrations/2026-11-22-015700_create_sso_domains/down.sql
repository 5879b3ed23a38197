drop table sso_domains;
