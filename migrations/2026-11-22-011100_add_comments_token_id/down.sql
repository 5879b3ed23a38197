alter table comments drop column token_id;
