drop table break_glass_uses;
drop table break_glass_owners;
drop table sso_enforcements;
drop table sso_tests;
drop table sso_spent;
drop table sso_sessions;
drop table sso_links;
drop table sso_connections;
