alter table sso_sessions drop column name_words;
alter table sso_connections drop column signs_requests, drop column sign_out_url;
drop table sso_keys;
