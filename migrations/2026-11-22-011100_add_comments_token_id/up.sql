-- A comment says itself which key wrote it; searching the history for each comment of a page was slow.
alter table comments add column token_id uuid constraint comments_token_id_fkey references tokens;
create index comments_token_id_idx on comments (token_id) where token_id is not null;
update comments c set token_id = a.token_id from activity a
  where c.author_id is null and a.record_id = c.record_id and a.act = 'commented' and a.details ->> 'comment' = c.id::text;
