alter table chat_turns drop column claimed_at;
