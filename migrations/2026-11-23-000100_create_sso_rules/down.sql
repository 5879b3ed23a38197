drop table sso_gifts;
drop table sso_rules;
