-- Who begins to answer a turn takes it, so that a form sent twice to two servers is answered once.
alter table chat_turns add column claimed_at timestamptz;
